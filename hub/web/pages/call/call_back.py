"""`/calls/{id}/call-back`: asks which of the user's phones rings first, and says why a call is not possible now;
`/calls/{id}/called-back`: the user called from another phone."""

from __future__ import annotations

from starlette.responses import Response

from hub.delivery.queue_call_back import (
    phones_of,
    preview_call_back,
    queue_call_back,
    record_call_back,
    take_back_call_back,
)
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.queries.contact.view import read_parts, view_of
from hub.web.pages.call.page import address_of, show_in_zone_of, subject_of, title_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

OTHER = "other"
"""The choice of a phone that is not among the user's own."""


def place(page: PageRequest) -> Response:
    """Queue the call."""
    choice, written = page.value("phone"), page.value("number")
    number = written if choice in (OTHER, "") else choice
    with page.session() as session:
        subject = subject_of(page, session)
    with page.hub.store.writing() as session:
        call = queue_call_back(
            session, page.scope, page.hub, page.directory, subject, number or None, actor=page.user.id
        )
        status, reason = call.status, call.reason
    back = _back(page)
    if status == OutgoingCallStatus.REFUSED:
        return page.redirect(back, f"Not called. {reason}")
    return page.redirect(back, "Your phone rings in a moment. Pick up, and the other one is called.")


def done(page: PageRequest) -> Response:
    """Note that the user called a missed caller from a phone of their own, or take that back."""
    with page.hub.store.writing() as session:
        call = page.scope.call(session, page.path("contact_id"))
        if noted := page.value("undo"):
            taken_back = take_back_call_back(session, page.scope, noted, page.now)
            return page.redirect(
                _back(page), "The caller waits again." if taken_back else "It is too late to undo that."
            )
        made = record_call_back(session, page.scope, call, page.now)
    return page.redirect(_back(page, done=f"{call.id}.{made.id}"))


def _back(page: PageRequest, **query: object) -> str:
    """Where the form stood: the overview, or the page of the call."""
    return page.link("/", **query) if page.query.get("at") == "overview" else address_of(page, **query)


def ask(page: PageRequest) -> Response:
    """The question."""
    with page.session() as session:
        subject = subject_of(page, session)
        contact = view_of(session, page.hub.vault, subject)
        read_parts([contact], "company", "name")
    show_in_zone_of(page, contact)
    return page.render(
        "call_back.html",
        title=f"Call back {title_of(contact)}",
        contact=contact,
        preview=preview_call_back(page.hub, page.directory, subject, page.now),
        phones=phones_of(page.user),
        other=OTHER,
        back=address_of(page),
        typed=page.typed,
    )


PAGES = (
    Page("/calls/{contact_id}/call-back", ask, "contact"),
    Page("/calls/{contact_id}/call-back", place, "contact", "POST", again=ask, field="number"),
    Page("/calls/{contact_id}/called-back", done, "contact", "POST"),
)
