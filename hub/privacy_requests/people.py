"""The people whom a request covers, the names by which providers can find them, and legal holds on their data."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from hub.contracts.people import PersonReference
from hub.model import LegalHold, Person, PrivacyRequest
from hub.model.columns import CALL_RETENTION
from hub.model.people import PROVEN, has_known_email, has_known_number, is_typed
from hub.model.requests import EVERYBODY
from hub.privacy.erasure import PersonData
from hub.privacy_requests.steps import fingerprint_of
from hub.runtime import Hub
from hub.store.rows import indexless

PEOPLE_KEY = "people"
"""Key in `PrivacyRequest.known_as` of a request that the hub itself makes: the ids of the people whom it covers."""
ROWS_KEY = "rows"
"""Key beside it: ids of calls, texts and forms that belong to no person, by field of `PersonData`."""


def people_of(session: Session, request: PrivacyRequest) -> list[Person]:
    """All people at the company whom the request covers: the known people with its number or address, which are proven,
    and everyone who typed one of their names into forms. A form that also names somebody else covers nobody. A request of
    the hub itself names them by id.
    """
    chosen = request.known_as.get(PEOPLE_KEY)
    if chosen is not None:
        return _at(session, request, col(Person.id).in_(chosen))
    known = _at(session, request, or_(has_known_number(request.phone_number), has_known_email(request.email)))
    numbers = {request.phone_number, *(person.phone_number for person in known)} - {None}
    emails = {request.email, *(person.email for person in known)} - {None}
    named = or_(col(Person.phone_number).in_(numbers), col(Person.email).in_(emails))
    return [*known, *_at(session, request, and_(is_typed(), named))]


def rows_without_person(request: PrivacyRequest) -> PersonData:
    """The calls, texts and forms without a person that a request of the hub itself covers."""
    return PersonData(**{field: frozenset(ids) for field, ids in request.known_as.get(ROWS_KEY, {}).items()})


def _at(session: Session, request: PrivacyRequest, condition: ColumnElement[bool]) -> list[Person]:
    found = select(Person).where(indexless(Person.company_id) == request.company_id, condition).order_by(col(Person.id))
    return list(session.exec(found))


def reached(session: Session, request: PrivacyRequest) -> list[Person]:
    """Like `people_of`. If none of them is known, an unsaved placeholder is added; it finds rows that contain the
    request's number or address and belong to no one, such as a deal in a CRM or a raw webhook.
    """
    people = people_of(session, request)
    if PEOPLE_KEY in request.known_as:
        return people
    return (
        people if any(not each.is_typed for each in people) else [*people, _proven_person(request, request.received_at)]
    )


def known_people(session: Session, request: PrivacyRequest, now: datetime) -> list[Person]:
    """The known people with the request's number or address. If there are none, one is created, so that the consent
    records apply from now on.
    """
    if PEOPLE_KEY in request.known_as:
        return people_of(session, request)
    known = _at(session, request, or_(has_known_number(request.phone_number), has_known_email(request.email)))
    if not known and (request.phone_number or request.email):
        made = _proven_person(request, now)
        session.add(made)
        session.flush()
        known = [made]
    return known


def _proven_person(request: PrivacyRequest, now: datetime) -> Person:
    return Person(
        company_id=request.company_id,
        phone_number=request.phone_number,
        phone_learnt=PROVEN if request.phone_number else None,
        email=request.email,
        email_learnt=PROVEN if request.email else None,
        first_seen_at=now,
        expires_at=now + CALL_RETENTION,
    )


def reference_of(session: Session, request: PrivacyRequest, people: list[Person]) -> PersonReference:
    """The identifiers for providers: the names that were proven, and those of the same known person."""
    numbers = [request.phone_number, *(person.known_number for person in people)]
    emails = [request.email, *(person.known_email for person in people)]
    return PersonReference(
        phone_numbers=tuple(dict.fromkeys(each for each in numbers if each)),
        emails=tuple(dict.fromkeys(each for each in emails if each)),
    )


def set_hold(
    session: Session, hub: Hub, company_id: str, number: str | None, email: str | None, reason: str, actor: str
) -> LegalHold:
    """Set a legal hold on this person, or on everyone at the company if neither number nor address is given. Until it
    is lifted, no erasure and no retention rule touches their data.
    """
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
    """The holds in force on the whole company, on the request's number or address, and on every other confirmed number
    or address of the same known people.
    """
    return covering_holds(session, hub, [request.company_id], reference_of(session, request, people))


def covering_holds(session: Session, hub: Hub, companies: Collection[str], names: PersonReference) -> list[LegalHold]:
    """The legal holds in force at `companies` (ids) on everyone there or on one of `names`, oldest first."""
    live = select(LegalHold).where(col(LegalHold.company_id).in_(companies), col(LegalHold.lifted_at).is_(None))
    values = (*names.phone_numbers, *names.emails)
    return [
        hold
        for hold in session.exec(live.order_by(col(LegalHold.set_at)))
        if hold.fingerprint == EVERYBODY
        or hold.fingerprint in {hub.vault.fingerprint(session, hold.company_id, each) for each in values}
    ]
