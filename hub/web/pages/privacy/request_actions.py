"""What an officer does with a request: note a proof, confirm, close without a provider, extend, refuse, hand over."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session
from starlette.responses import Response

from hub.errors import RingfenceError
from hub.model import PrivacyRequest
from hub.privacy_requests import officer, steps
from hub.privacy_requests.rights import lift_restriction
from hub.privacy_requests.steps import RequestRefused
from hub.web.pages.guard import Page
from hub.web.pages.privacy.plan import plan_page
from hub.web.pages.privacy.request import request_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

CHANGED = "More or less is stored of this person than when you looked. Read the plan once more."


def note_proof(page: PageRequest) -> Response:
    """Record how the person was verified."""
    return _changed(
        page,
        "proof",
        "The proof is noted.",
        lambda session, request: officer.note_proof(session, page.hub, request, page.value("proof"), page.user.id),
    )


def confirm(page: PageRequest) -> Response:
    """Have a worker carry the request out. An erasure must be the one whose plan was seen."""
    with page.session() as session:
        wanted = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    try:
        with page.hub.store.writing() as session:
            request = session.get_one(PrivacyRequest, wanted.id)
            planned = officer.plan_of(session, page.hub, request)
            if planned is not None and page.value("seen") != officer.digest_of(planned):
                raise PlanChanged(CHANGED)
            if planned is not None and planned["held_by"]:
                raise PlanChanged("A legal hold keeps this data. It can be erased after the hold is lifted.")
            if planned is not None:
                officer.note_planned(session, page.hub, request, planned, page.user.id)
            officer.confirm(session, page.hub, request, page.user.id)
    except PlanChanged as changed:
        return plan_page(page, 422, error=str(changed))
    except RequestRefused as refused:
        return request_page(page, 422, error=("next", str(refused)))
    return page.redirect(_back(page), "It is confirmed.")


class PlanChanged(RingfenceError):
    """What would be erased is not what the officer has seen."""


def close_without(page: PageRequest) -> Response:
    """Close the question to one provider without its answer."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    try:
        officer.finish_without(page.hub, request_id, page.value("connector"), page.value("reason"), page.user.id)
    except RequestRefused as refused:
        return request_page(page, 422, error=("without", str(refused)))
    return page.redirect(_back(page), "Closed without that answer; the certificate says so.")


def extend(page: PageRequest) -> Response:
    """Extend the deadline once, as far as the law allows."""

    def action(session: Session, request: PrivacyRequest) -> None:
        reason = officer.reason_in_words(page.value("reason"))
        steps.extend(session, page.hub, request, page.user.id, reason, page.now)

    return _changed(page, "extend", "The deadline is extended. Tell the person why before the first one.", action)


def refuse(page: PageRequest) -> Response:
    """Close the request without carrying it out."""

    def action(session: Session, request: PrivacyRequest) -> None:
        reason = officer.reason_in_words(page.value("reason"))
        steps.refuse(session, request, page.user.id, reason, page.now)

    return _changed(page, "refuse", "Refused. Tell the person why, and that they may complain.", action)


def unrestrict(page: PageRequest) -> Response:
    """End a restriction."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    try:
        reason = officer.reason_in_words(page.value("reason"))
        lift_restriction(page.hub, request_id, page.user.id, reason)
    except RequestRefused as refused:
        return request_page(page, 422, error=("unrestrict", str(refused)))
    return page.redirect(_back(page), "The data may be used again.")


def download(page: PageRequest) -> Response:
    """The person's file; who takes it is recorded first."""
    with page.session() as session:
        request_id = page.scope.one(session, PrivacyRequest, page.path("request_id")).id
    data = officer.file_for(page.hub, request_id, page.user.id)
    headers = {
        "Content-Disposition": f'attachment; filename="request-{request_id[-12:]}.zip"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, headers=headers, media_type="application/zip")


def _changed(page: PageRequest, form: str, notice: str, action: Callable[[Session, PrivacyRequest], None]) -> Response:
    """Change the request that the path names; what it does not allow is shown at the form."""
    with page.session() as session:
        wanted = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    try:
        with page.hub.store.writing() as session:
            action(session, session.get_one(PrivacyRequest, wanted.id))
    except RequestRefused as refused:
        return request_page(page, 422, error=(form, str(refused)))
    return page.redirect(_back(page), notice)


def _back(page: PageRequest) -> str:
    return page.link(f"{DESK}/requests/{page.path('request_id')}")


ONE = f"{DESK}/requests/{{request_id}}"
PAGES = (
    Page(f"{ONE}/proof", note_proof, "requests", method="POST"),
    Page(f"{ONE}/run", confirm, "requests", method="POST"),
    Page(f"{ONE}/without", close_without, "requests", method="POST"),
    Page(f"{ONE}/extend", extend, "requests", method="POST"),
    Page(f"{ONE}/refuse", refuse, "requests", method="POST"),
    Page(f"{ONE}/unrestrict", unrestrict, "requests", method="POST"),
    Page(f"{ONE}/file", download, "exports"),
)
