"""What an officer does with a request: note a proof, confirm, close without a provider, extend, refuse, hand over."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from hub.errors import CannotDo, about_field
from hub.model import PrivacyRequest
from hub.privacy_requests import officer, steps
from hub.privacy_requests.rights import lift_restriction
from hub.web.pages.guard import Page
from hub.web.pages.privacy.plan import plan_page
from hub.web.pages.privacy.request import request_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest
from hub.web.pages.security import file_headers

CHANGED = "More or less is stored of this person than when you looked. Read the plan once more."


def note_proof(page: PageRequest) -> Response:
    """Record how the person was verified."""
    return _changed(
        page,
        "The proof is noted.",
        lambda session, request: officer.note_proof(session, page.hub, request, page.value("proof"), page.user.id),
    )


def confirm(page: PageRequest) -> Response:
    """Have a worker carry the request out. An erasure must be the one whose plan was seen."""
    with page.session() as session:
        wanted = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    with page.hub.store.writing() as session:
        request = session.get_one(PrivacyRequest, wanted.id)
        planned = officer.plan_of(session, page.hub, request)
        if planned is not None:
            if page.value("seen") != officer.digest_of(planned):
                raise CannotDo(CHANGED)
            if planned["held_by"]:
                raise CannotDo("A legal hold keeps this data. It can be erased after the hold is lifted.")
            officer.note_planned(session, page.hub, request, planned, page.user.id)
        with about_field("next"):
            officer.confirm(session, page.hub, request, page.user.id)
    return page.redirect(_back(page), "It is confirmed.")


def _plan_or_request(page: PageRequest) -> Response:
    """The plan, if what would be erased is not what the officer has seen; the request, if it cannot be confirmed."""
    return request_page(page) if "next" in page.errors else plan_page(page)


def close_without(page: PageRequest) -> Response:
    """Close the question to one provider without its answer."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    officer.finish_without(page.hub, request_id, page.value("connector"), page.value("reason"), page.user.id)
    return page.redirect(_back(page), "Closed without that answer; the certificate says so.")


def extend(page: PageRequest) -> Response:
    """Extend the deadline once, as far as the law allows."""

    def action(session: Session, request: PrivacyRequest) -> None:
        reason = officer.reason_in_words(page.value("reason"))
        steps.extend(session, page.hub, request, page.user.id, reason, page.now)

    return _changed(page, "The deadline is extended. Tell the person why before the first one.", action)


def refuse(page: PageRequest) -> Response:
    """Close the request without carrying it out."""

    def action(session: Session, request: PrivacyRequest) -> None:
        reason = officer.reason_in_words(page.value("reason"))
        steps.refuse(session, request, page.user.id, reason, page.now)

    return _changed(page, "Refused. Tell the person why, and that they may complain.", action)


def unrestrict(page: PageRequest) -> Response:
    """End a restriction."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    lift_restriction(page.hub, request_id, page.user.id, officer.reason_in_words(page.value("reason")))
    return page.redirect(_back(page), "The data may be used again.")


def download(page: PageRequest) -> Response:
    """The person's file; who takes it is recorded first."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    data = officer.file_for(page.hub, request_id, page.user.id)
    return Response(data, headers=file_headers(f"request-{request_id[-12:]}.zip"), media_type="application/zip")


def _changed(page: PageRequest, notice: str, action: Callable[[Session, PrivacyRequest], None]) -> Response:
    """Change the request that the path names."""
    with page.session() as session:
        wanted = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    with page.hub.store.writing() as session:
        action(session, session.get_one(PrivacyRequest, wanted.id))
    return page.redirect(_back(page), notice)


def _back(page: PageRequest) -> str:
    return page.link(f"{DESK}/requests/{page.path('request_id')}")


ONE = f"{DESK}/requests/{{request_id}}"
PAGES = (
    Page(f"{ONE}/proof", note_proof, "requests", method="POST", again=request_page, field="proof"),
    Page(f"{ONE}/run", confirm, "requests", method="POST", again=_plan_or_request),
    Page(f"{ONE}/without", close_without, "requests", method="POST", again=request_page, field="without"),
    Page(f"{ONE}/extend", extend, "requests", method="POST", again=request_page, field="extend"),
    Page(f"{ONE}/refuse", refuse, "requests", method="POST", again=request_page, field="refuse"),
    Page(f"{ONE}/unrestrict", unrestrict, "requests", method="POST", again=request_page, field="unrestrict"),
    Page(f"{ONE}/file", download, "exports"),
)
