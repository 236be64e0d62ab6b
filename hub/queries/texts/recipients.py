"""Whom a text goes to: the person of a thread, or of a call, a form or a person's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.phones import phone_number
from hub.delivery.answer_text import Recipient
from hub.errors import CannotDo
from hub.marks.subjects import visible_subjects
from hub.model import Call, Delivery, FormSubmission, Person, TextMessage


def recipient_in(session: Session, scope: AccessScope, subject_id: str) -> Recipient:
    """The person of a call, a text, a form, or of a person's page. NotFound if the user does not see it, CannotDo if no
    number is known."""
    found = visible_subjects(session, scope, [subject_id])
    subject: Any = found[0] if found else scope.one(session, Person, subject_id)
    match subject:
        case Call():
            number, line = subject.caller_number, subject.tracking_number
        case TextMessage():
            number, line = subject.person_number, subject.tracking_number
        case FormSubmission():
            number, line = subject.phone_number, None
        case _:
            number, line = subject.phone_number, None
    number = phone_number(number)
    if number is None or subject.company_id is None:
        raise CannotDo("No number of this person is known, so nobody can be texted.")
    return Recipient(company_id=subject.company_id, number=number, tracking_number=line)


def newest_text_with(session: Session, recipient: Recipient) -> TextMessage | None:
    """The newest text of the thread with a person, if there is one."""
    theirs = (TextMessage.company_id == recipient.company_id, TextMessage.person_number == recipient.number)
    newest = (col(TextMessage.at).desc(), col(TextMessage.id).desc())
    return session.exec(select(TextMessage).where(*theirs).order_by(*newest).limit(1)).first()


def due_time(session: Session, text: TextMessage) -> datetime | None:
    """When a queued text is to be sent."""
    return session.exec(select(Delivery.due_at).where(Delivery.subject_id == text.id)).first()
