"""The person whom a call, a text, a form or a person's page is about, and what contact they have refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.contracts.phones import phone_number
from hub.marks.subjects import visible_subjects
from hub.model import Call, FormSubmission, Person, TextMessage
from hub.model.people import CARRIER, TYPED, Learned
from hub.queries.marks import merged_people
from hub.runtime import Hub
from hub.texts.no_contact import ContactRefusals, contact_refusals


@dataclass(frozen=True, kw_only=True)
class ContactPerson:
    """A person of a company, by the row that leads to them."""

    subject_id: str
    company_id: str
    numbers: tuple[str, ...]
    """In E.164; empty if no number is known, or the person was erased."""
    channel: str
    """By which channel a refusal that this row shows was said."""
    learned: Learned = CARRIER
    """How it is known that the numbers are theirs."""
    merged: tuple[str, ...] = ()
    """The numbers of people whom users merged with the person of a call or text: a refusal counts for them too."""

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Every number for which a refusal counts."""
        return tuple(dict.fromkeys((*self.numbers, *self.merged)))


def contact_person(session: Session, scope: AccessScope, subject_id: str) -> ContactPerson:
    """The person of a call, a text, a form or a person's page; NotFound if the user does not see it. A person whom users
    merged with others has the numbers of all of them.
    """
    found = visible_subjects(session, scope, [subject_id])
    if not found:
        return _of_person(session, scope, subject_id)
    subject = found[0]
    assert subject.company_id is not None
    match subject:
        case Call():
            how: dict[str, Any] = {"numbers": _numbers(subject.caller_number), "channel": "call"}
        case TextMessage():
            how = {"numbers": _numbers(subject.person_number), "channel": "sms"}
        case FormSubmission():
            how = {"numbers": _numbers(subject.phone_number), "channel": "form", "learned": TYPED}
    if how["numbers"] and not isinstance(subject, FormSubmission):
        how["merged"] = _merged(session, scope, subject.person_id)
    return ContactPerson(subject_id=subject.id, company_id=subject.company_id, **how)


def refusals_of(hub: Hub, person: ContactPerson) -> ContactRefusals:
    """What the person has refused, and since when. The suppression list has no account, so it is read as the hub."""
    with hub.store.reading() as session:
        return contact_refusals(session, hub, person.company_id, person.numbers)


def _of_person(session: Session, scope: AccessScope, person_id: str) -> ContactPerson:
    person: Person = scope.one(session, Person, person_id)
    numbers = _numbers(person.phone_number)
    if not person.is_typed:
        numbers += _merged(session, scope, person_id)
    return ContactPerson(
        subject_id=person.id,
        company_id=person.company_id,
        numbers=tuple(dict.fromkeys(numbers)),
        channel="agent",
        learned=TYPED if person.is_typed else CARRIER,
    )


def _merged(session: Session, scope: AccessScope, person_id: str | None) -> tuple[str, ...]:
    """The known numbers of the people whom users merged with a person; none for a user who does not see people."""
    if person_id is None or scope.reach != "account":
        return ()
    merged = merged_people(session, scope, person_id).people
    others = session.exec(scope.select(Person).where(col(Person.id).in_(merged))).all() if merged else ()
    return tuple(each for other in others for each in _numbers(other.known_number))


def _numbers(written: str | None) -> tuple[str, ...]:
    number = phone_number(written)
    return (number,) if number else ()
