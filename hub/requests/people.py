"""The people behind a request, and by what providers can find them; and the duties to keep their data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.contracts.people import PersonReference
from hub.model import FormSubmission, LegalHold, Person, PrivacyRequest
from hub.model.columns import CALL_LIFE
from hub.model.requests import EVERYBODY
from hub.requests.steps import fingerprint_of


def people_of(session: Session, request: PrivacyRequest) -> list[Person]:
    """Everybody at the company with the request's number or address."""
    same = []
    if request.phone_number:
        same.append(col(Person.phone_number) == request.phone_number)
    if request.email:
        same.append(col(Person.email) == request.email)
    if not same:
        return []
    found = select(Person).where(Person.company_id == request.company_id, or_(*same)).order_by(col(Person.id))
    return list(session.exec(found))


def person_for(session: Session, request: PrivacyRequest, now: datetime) -> list[Person]:
    """As `people_of`; where nobody is known yet, somebody new, so that what they say counts for what comes."""
    found = people_of(session, request)
    if found or not (request.phone_number or request.email):
        return found
    made = Person(
        company_id=request.company_id,
        phone_number=request.phone_number,
        email=request.email,
        first_seen_at=now,
        expires_at=now + CALL_LIFE,
    )
    session.add(made)
    session.flush()
    return [made]


def reference_of(session: Session, request: PrivacyRequest, people: list[Person]) -> PersonReference:
    """By what providers can find the person: what was proven, and what we know besides of the same person."""
    numbers = [request.phone_number, *(person.phone_number for person in people)]
    emails = [request.email, *(person.email for person in people)]
    ids = [person.id for person in people]
    if ids:
        sent = select(FormSubmission.phone_number, FormSubmission.email).where(col(FormSubmission.person_id).in_(ids))
        for number, email in session.exec(sent):
            numbers.append(number)
            emails.append(email)
    return PersonReference(
        phone_numbers=tuple(dict.fromkeys(each for each in numbers if each)),
        emails=tuple(dict.fromkeys(each for each in emails if each)),
    )


def set_hold(
    session: Session, hub: Hub, company_id: str, number: str | None, email: str | None, reason: str, actor: str
) -> LegalHold:
    """From now on no erasure touches this person, or where neither number nor address is given nobody at the company, and
    nothing of theirs ends with its life, until the hold is lifted."""
    hold = LegalHold(
        company_id=company_id,
        fingerprint=fingerprint_of(session, hub, company_id, number, email) if number or email else EVERYBODY,
        reason=reason,
        set_by=actor,
        set_at=hub.clock(),
    )
    session.add(hold)
    return hold


def holds_on(session: Session, hub: Hub, request: PrivacyRequest, people: list[Person]) -> list[LegalHold]:
    """The holds in force on the whole company, on the request's number or address, and on whatever else the same people are
    known by."""
    known = {request.fingerprint, EVERYBODY}
    named = {request.phone_number, request.email, *(each for one in people for each in (one.phone_number, one.email))}
    for value in filter(None, named):
        known.add(hub.vault.fingerprint(session, request.company_id, value))
    live = select(LegalHold).where(
        LegalHold.company_id == request.company_id,
        col(LegalHold.fingerprint).in_(known),
        col(LegalHold.lifted_at).is_(None),
    )
    return list(session.exec(live.order_by(col(LegalHold.set_at))))
