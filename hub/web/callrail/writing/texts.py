"""Text a person, archive a conversation, mark it."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from hub.callrail.ids import THREAD, ending_of, row_id
from hub.delivery.answer_text import Recipient, answer_text
from hub.errors import CannotDo, existing
from hub.model import Company, TextMessage, TrackingNumber
from hub.model.columns import new_id
from hub.texts.threads import archive_thread
from hub.web.callrail.not_taken import NOBODY_WROTE
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.texts import SMS_THREADS, TEXT_MESSAGES
from hub.web.callrail.writing.calls import newest_contact
from hub.web.callrail.writing.marks import write_marks
from hub.web.callrail.writing.members import choice_in, company_or_number_in, needed, number_in, text_in

STATES = ("active", "archived")


def send(request: CallRailRequest) -> Response:
    """Text a person who has been in contact with the company; consent and the law's hours are asked as on the pages."""
    content = needed(request.body, "content")
    with request.session() as session:
        company = company_or_number_in(request, session, "tracking_number")
        number = number_in(request.body, "customer_phone_number", company.country)
        if number is None:
            raise CannotDo("customer_phone_number is missing.")
        sender = _sender(request, session, company)
        known = newest_contact(session, company, number)
    if known is None:
        raise NOBODY_WROTE.refusal()
    recipient = Recipient(company.id, number, sender or getattr(known, "tracking_number", None))
    token = f"{request.authorized.key_id}/{request.once.key}" if request.once.key else new_id()

    def action() -> dict[str, str]:
        row = answer_text(request.hub, request.directory, request.scope, recipient, content, token)
        return {"id": row.id}

    # The text recognizes the key too, so a request whose process died may be repeated.
    done = request.once.do_alone(request.authorized, action, 201, harmless=True)
    return TEXT_MESSAGES.written(request, done["id"])


def set_state(request: CallRailRequest) -> Answer:
    """Archive a conversation, or bring it back. It is named in the path, or by `conversation_id`."""
    state = choice_in(request.body, "state", STATES)
    if state is None:
        raise CannotDo("state is missing; send active or archived.")
    text_id = _conversation(request)

    def action(session: Session) -> dict[str, str]:
        archive_thread(session, request.scope, text_id, request.hub.clock(), archived=state == "archived")
        return {"id": text_id}

    request.once.do(request.authorized, action)
    return TEXT_MESSAGES.written(request, text_id, 200)


def mark(request: CallRailRequest) -> Answer:
    """Note, tags, value and lead of a conversation."""
    text_id = _conversation(request)
    write_marks(request, text_id, status_name="lead_qualification")
    return SMS_THREADS.written(request, text_id, 200)


def _conversation(request: CallRailRequest) -> str:
    """The id of a text of the conversation; NotFound if the user does not see it."""
    wanted = (
        request.ids.get("id") or request.parameters.text("conversation_id") or text_in(request.body, "conversation_id")
    )
    text_id = existing(row_id(THREAD, wanted or ""))
    with request.session() as session:
        request.scope.one(session, TextMessage, text_id)
    return text_id


def _sender(request: CallRailRequest, session: Session, company: Company) -> str | None:
    """The tracking number to text from, which the body names by its digits or its id."""
    written = text_in(request.body, "tracking_number")
    if not written:
        return None
    ours = {line.number.id: line for line in request.directory.lines.values() if line.company.id == company.id}
    ending = ending_of(int(written)) if written.isdecimal() and len(written) > 11 else None
    found: Any = next((line for key, line in ours.items() if ending and key.endswith(ending)), None)
    if found is None:
        digits = number_in(request.body, "tracking_number", company.country) if ending is None else None
        found = next((line for line in ours.values() if line.number.number == digits), None)
    if found is None:
        raise CannotDo("tracking_number is none of the company's tracking numbers.")
    number: TrackingNumber = found.number
    return number.number


ENDPOINTS = (
    Endpoint("POST", "text-messages", ("contact",), send),
    Endpoint("PUT", "text-messages", ("contact",), set_state),
    Endpoint("PUT", "text-messages/{id}", ("contact",), set_state),
    Endpoint("PUT", "sms-threads/{id}", ("marks",), mark),
)
