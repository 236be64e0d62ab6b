"""Which call, text or form it is, whose, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.events import FAILURE_WORDS
from hub.errors import NotFound
from hub.flow.case import Subject
from hub.model import Call, Company, FormSubmission, Person, TextMessage, Tracker, User
from hub.model.imports import was_imported
from hub.model.states import SubjectState
from hub.queries.lists.conditions import outcome_of
from hub.queries.lists.filters import Outcome
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

Kind = Literal["call", "text", "form"]


@dataclass(frozen=True, kw_only=True)
class ContactHeader:
    """The head of the page of one call, text or form; what is unknown is None."""

    id: str
    kind: Kind
    at: datetime
    company: Company
    person_id: str | None
    name: str | None
    number: str | None
    email: str | None
    tracking_number: str | None
    tracker: Tracker | None
    first_time: bool | None
    erased: bool
    imported: bool
    """Whether it was brought over from another call-tracking service."""
    outcome: Outcome | None = None
    """Of a call."""
    answered_by: str | None = None
    """The user who has the number at which it was answered, or else that number."""
    rang: int | None = None
    """Seconds until somebody answered; None if that is not known."""
    talked: int | None = None
    """Seconds from the answer to the end."""
    broke_off: bool = False
    """Whether the call failed after it had been connected."""
    failure: str | None = None
    """Why, in words, if the carrier said so."""
    form_name: str | None = None


def find_contact(session: Session, calls: AccessScope, texts: AccessScope | None, contact_id: str) -> Subject:
    """The call, incoming text or form with this id; NotFound if the user may not see it. `calls` and `texts` are the
    user's scopes of these actions."""
    found: Subject | None = session.exec(calls.calls().where(Call.id == contact_id)).first()
    if found is None and calls.reach == "account":
        found = session.exec(calls.select(FormSubmission).where(FormSubmission.id == contact_id)).first()
    if found is None and texts is not None and texts.reach == "account":
        incoming = texts.select(TextMessage).where(TextMessage.id == contact_id, TextMessage.direction == "in")
        found = session.exec(incoming.where(col(TextMessage.company_id).is_not(None))).first()
    if found is None:
        raise NotFound("Not found")
    return found


def contact_header(session: Session, vault: Vault, subject: Subject) -> ContactHeader:
    """The head of the page of one call, text or form."""
    company = session.get_one(Company, subject.company_id)
    tracker_id = None if isinstance(subject, FormSubmission) else subject.tracker_id
    shared: dict[str, Any] = {
        "id": subject.id,
        "company": company,
        "person_id": subject.person_id,
        "name": _name(session, vault, subject),
        "tracker": session.get(Tracker, tracker_id) if tracker_id else None,
        "erased": subject.state == SubjectState.ERASED,
        "imported": was_imported(subject),
    }
    match subject:
        case FormSubmission():
            return ContactHeader(
                kind="form",
                at=subject.submitted_at,
                number=subject.phone_number,
                email=subject.email,
                tracking_number=None,
                first_time=subject.first_time_contact,
                form_name=subject.form_id,
                **shared,
            )
        case TextMessage():
            return ContactHeader(
                kind="text",
                at=subject.at,
                number=subject.person_number,
                email=None,
                tracking_number=subject.tracking_number,
                first_time=None,
                **shared,
            )
        case Call():
            return ContactHeader(kind="call", **shared, **_of_call(session, company, subject))


def _of_call(session: Session, company: Company, call: Call) -> dict[str, Any]:
    answered, ended = call.answered_at, call.ended_at
    return {
        "at": call.started_at,
        "number": call.caller_number,
        "email": None,
        "tracking_number": call.tracking_number,
        "first_time": call.first_time_caller,
        "outcome": outcome_of(call),
        "broke_off": call.broke_off,
        "failure": FAILURE_WORDS.get(call.failure or ""),
        "answered_by": _answerer(session, company, call.answered_by) if answered else None,
        "rang": max(0, round((answered - call.started_at).total_seconds()))
        if answered and not was_imported(call)
        else None,
        "talked": max(0, round((ended - answered).total_seconds())) if answered and ended else None,
    }


def _name(session: Session, vault: Vault, subject: Subject) -> str | None:
    """The name that the person had corrected, or else the one of the call or form."""
    person = session.get(Person, subject.person_id) if subject.person_id else None
    rows = [each for each in (person, None if isinstance(subject, TextMessage) else subject) if each is not None]
    names = names_of(vault, session, rows)
    return next((names[row.id] for row in rows if row.id in names), None)


def _answerer(session: Session, company: Company, number: str | None) -> str | None:
    if number is None:
        return None
    users = select(User).where(
        User.account_id == company.account_id, col(User.phone_numbers).contains(number), col(User.disabled_at).is_(None)
    )
    named = [user.name for user in session.exec(users) if number in (user.phone_numbers or "").split()]
    return named[0] if len(named) == 1 else number
