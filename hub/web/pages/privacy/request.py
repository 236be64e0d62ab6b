"""`/privacy-desk/requests/{id}`: one request; what it waits for, what was done, and the next step."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from hub.model import PrivacyRequest
from hub.model.states import RequestState, TaskState
from hub.privacy_requests.people import holds_on, people_of
from hub.privacy_requests.providers.stand_ins import STAND_INS_KEY, warning_of
from hub.queries.privacy.corrections import comparison
from hub.queries.privacy.requests import one_request
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.queue import row, who
from hub.web.pages.privacy.request_labels import CHANNELS, DESK, KINDS, PROOFS
from hub.web.pages.request import PageRequest

TASKS = {
    TaskState.READY: ("warn", "No answer yet"),
    TaskState.LEASED: ("", "Being asked"),
    TaskState.DONE: ("good", "Answered"),
    TaskState.IMPOSSIBLE: ("held", "Not possible"),
}
STEPS = {
    "received": "Taken in",
    "proof_sent": "A code or link was sent",
    "verified": "The person showed who they are",
    "planned": "The plan was seen",
    "confirmed": "Confirmed",
    "running": "The erasure began",
    "erased": "Erased here",
    "waiting": "Waits for providers",
    "done": "Closed",
    "answered": "Answered",
    "corrected": "Corrected here",
    "held": "Stopped by a legal hold",
    "refused": "Refused",
    "extended": "Deadline extended",
    "reminded": "Time used",
    "without": "Closed without an answer",
    "came_back": "The person came back to their page",
    "objected": "The objection is in force",
    "restricted": "The restriction is in force",
    "unrestricted": "The restriction ended",
    "opted_in": "The opt-in is in force",
}


def show(page: PageRequest) -> Response:
    """The request; the person is masked."""
    return request_page(page)


def reveal(page: PageRequest) -> Response:
    """The same page with the person in clear; the audit entry is written first."""
    with page.session() as session:
        request = page.scope.one(session, PrivacyRequest, page.path("request_id"))
    page.note("privacy.request.reveal", request.id)
    return request_page(page, clear=True)


def request_page(page: PageRequest, *, clear: bool = False) -> Response:
    """One request."""
    with page.session() as session:
        details = one_request(session, page.scope, page.path("request_id"))
        request = details.shown.request
        values = _values(page, session, request, clear)
    names = [each for each in (request.phone_number, request.email) if each]
    return desk_page(
        page,
        "request",
        tab="",
        title=KINDS.get(request.kind, request.kind),
        details=details,
        row=row(page, details.shown),
        request=request,
        who=" and ".join(names) if clear and names else who(details.shown),
        clear=clear,
        can_reveal=bool(names),
        channel=CHANNELS.get(request.channel, "On the privacy page" if request.channel == "page" else request.channel),
        how=next((PROOFS.get(step.result, step.result) for step in details.steps if step.action == "verified"), None),
        tasks=TASKS,
        step_words=STEPS,
        rehearsal=warning_of(request.outcome.get(STAND_INS_KEY, [])),
        **values,
    )


def _values(page: PageRequest, session: Session, request: PrivacyRequest, clear: bool) -> dict[str, Any]:
    """What only some kinds and states of requests have."""
    held = request.state == RequestState.HELD
    with page.hub.store.reading() as unlimited:
        holds = holds_on(unlimited, page.hub, request, people_of(unlimited, request)) if held else []
    return {
        "compared": comparison(session, page.hub, request, clear) if request.kind == "correction" else [],
        "holds": holds,
        "file": request.file_path is not None and request.file_ends_at is not None and request.file_ends_at > page.now,
        "restricts": request.kind == "restriction" and request.state == RequestState.DONE,
    }


PAGES = (
    Page(f"{DESK}/requests/{{request_id}}", show, "requests"),
    Page(f"{DESK}/requests/{{request_id}}/reveal", reveal, "requests", method="POST"),
)
