"""Finds everything that belongs to one person, as row ids: calls, texts, forms, visits, deals, raw webhooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Text, and_, cast, exists, literal, or_
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import (
    CallEventRow,
    Company,
    FormSubmission,
    InboxWebhook,
    OutcomeRow,
    OutgoingCall,
    Person,
    Tracker,
    TrackingNumber,
    Visit,
)
from hub.model.people import is_typed
from hub.privacy.contacts import contacts_of
from hub.store.dialects import BytePosition
from hub.store.rows import indexless


def webhooks_of_others(session: Session, company_id: str, ids: Collection[str]) -> set[str]:
    """The webhooks among `ids` that name a tracking number of another company and none of this one. An erasure here
    must not empty them, because the other company may have to keep them.
    """
    if not ids:
        return set()
    held = select(Tracker.company_id, TrackingNumber.number).join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
    own: list[bytes] = []
    others: list[bytes] = []
    for holder, number in session.exec(held):
        (own if holder == company_id else others).append(number.removeprefix("+").encode())
    if not others:
        return set()
    found = set()
    raw = select(InboxWebhook.id, InboxWebhook.url, InboxWebhook.body).where(col(InboxWebhook.id).in_(ids))
    for webhook_id, url, body in session.exec(raw):
        text = (url or "").encode() + b"\n" + (body or b"")
        if any(number in text for number in others) and not any(number in text for number in own):
            found.add(webhook_id)
    return found


@dataclass(frozen=True)
class PersonData:
    """Ids by table. Rows that depend on these (facts, page views, recordings …) are erased with them."""

    people: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    visits: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()
    outgoing_calls: frozenset[str] = frozenset()

    @property
    def subjects(self) -> frozenset[str]:
        """Ids of calls, texts and forms."""
        return self.calls | self.texts | self.forms

    def __or__(self, other: PersonData) -> PersonData:
        return PersonData(
            **{name: getattr(self, name) | getattr(other, name) for name in PersonData.__dataclass_fields__}
        )

    def __sub__(self, other: PersonData) -> PersonData:
        return PersonData(
            **{name: getattr(self, name) - getattr(other, name) for name in PersonData.__dataclass_fields__}
        )

    def by_table(self) -> dict[str, frozenset[str]]:
        """Table → ids, with the table names that tombstones use."""
        return {table: getattr(self, name) for table, name in TABLES.items()}


NO_DATA = PersonData()
TABLES = {
    "call": "calls",
    "text_message": "texts",
    "form_submission": "forms",
    "visit": "visits",
    "outcome": "outcomes",
    "inbox": "webhooks",
    "outgoing_call": "outgoing_calls",
    "person": "people",
}
"""Table → field of `PersonData`."""


def reach_of(session: Session, config: Config, person: Person, webhooks: Iterable[str] = ()) -> PersonData:
    """Everything that belongs to a person at their company. `webhooks` are ids found earlier (`webhooks_of`).

    For a known person: calls and texts of the number, the forms that name them, and the visits shown to be theirs. For
    a person known only from typed names: these forms, and the visits from which they were sent, unless a visit belongs
    to someone else.
    """
    form: Any = FormSubmission
    calls, texts, forms = contacts_of(session, person)
    subjects = [*calls, *texts, *forms]
    known = exists().where(
        col(Person.id) == Visit.person_id, indexless(Person.company_id) == person.company_id, ~is_typed()
    )
    sent_from = select(Visit.id).where(
        col(Visit.id).in_(select(form.visit_id).where(form.id.in_(forms), form.visit_id.is_not(None))),
        ~known,
    )
    visits = set(session.exec(sent_from))
    if not person.is_typed:
        visits |= set(
            session.exec(
                select(Visit.id).where(indexless(Visit.company_id) == person.company_id, Visit.person_id == person.id)
            )
        )
    return PersonData(
        people=frozenset([person.id, *_typed_by_name(session, person)]),
        calls=frozenset(calls),
        texts=frozenset(texts),
        forms=frozenset(forms),
        visits=frozenset(visits),
        outcomes=frozenset(_outcomes(session, config, person, subjects)),
        outgoing_calls=frozenset(_outgoing_calls(session, person, subjects)),
        webhooks=webhooks_of_calls(session, calls) | frozenset(webhooks),
    )


def webhooks_of_calls(session: Session, calls: Collection[str]) -> frozenset[str]:
    """Raw webhooks from which these calls were read."""
    read = select(CallEventRow.inbox_id).where(
        col(CallEventRow.call_id).in_(calls), col(CallEventRow.inbox_id).is_not(None)
    )
    return frozenset(inbox_id for inbox_id in session.exec(read) if inbox_id)


def _typed_by_name(session: Session, person: Person) -> list[str]:
    """Ids of the people who typed a known person's number or address into forms."""
    named = _named((Person.phone_number, person.known_number), (Person.email, person.known_email))
    if not named:
        return []
    return list(session.exec(select(Person.id).where(Person.company_id == person.company_id, is_typed(), or_(*named))))


def webhooks_of(
    session: Session, person: Person, since: datetime | None = None, among: ColumnElement[bool] | None = None
) -> list[str]:
    """Raw webhooks that contain the person's number or email address, received at or after `since` and matching
    `among`; those for another company's tracking numbers are left out. It reads all bodies still stored, so call it
    before you open the writing session.
    """
    body, url = col(InboxWebhook.body), col(InboxWebhook.url)
    holds: list[Any] = []
    for needle in _needles(person):
        holds += [BytePosition(body, literal(needle.encode())) > 0, url.contains(needle, autoescape=True)]
    if not holds:
        return []
    found = select(InboxWebhook.id).where(or_(*holds))
    if since is not None:
        found = found.where(col(InboxWebhook.received_at) >= since)
    if among is not None:
        found = found.where(among)
    ids = list(session.exec(found))
    others = webhooks_of_others(session, person.company_id, ids)
    return [each for each in ids if each not in others]


def _needles(person: Person) -> list[str]:
    """The known number as digits (the last ten of a North American one) and the known address, also URL-encoded."""
    number = (person.known_number or "").removeprefix("+")
    needles = [number[1:] if number.startswith("1") and len(number) == 11 else number]
    if person.known_email:
        needles += [person.known_email, quote(person.known_email, safe="")]
    return list(dict.fromkeys(needle for needle in needles if needle))


def _outgoing_calls(session: Session, person: Person, subjects: list[str]) -> list[str]:
    """Ids of the calls that users placed to the person: to their number, or to answer one of their contacts."""
    theirs = or_(col(OutgoingCall.subject_id).in_(subjects), *_named((OutgoingCall.person_number, person.known_number)))
    return list(session.exec(select(OutgoingCall.id).where(OutgoingCall.company_id == person.company_id, theirs)))


def _named(*names: tuple[object, str | None]) -> list[ColumnElement[bool]]:
    """Conditions that a column contains a name. An unknown name matches nothing."""
    return [col(column) == name for column, name in names if name]


def _outcomes(session: Session, config: Config, person: Person, subjects: list[str]) -> list[str]:
    """Deals linked to the person's contacts, and those of a CRM contact with their number or address at their company.

    A deal linked to a form does not belong to the person who typed the form, unless the CRM's contact has all the names
    typed.
    """
    company = session.get_one(Company, person.company_id)
    serving = [name for name, entry in config.connectors.items() if entry.serves(company.name)]
    named = [*_named((OutcomeRow.email, person.known_email)), *_numbered(person.known_number)]
    whose: list[ColumnElement[bool]] = [col(OutcomeRow.subject_id).in_(subjects)]
    if person.is_typed:
        whose = [and_(*whose, *_named((OutcomeRow.email, person.email)), *_numbered(person.phone_number))]
    elif named:
        whose.append(or_(*named) & col(OutcomeRow.connector).in_(serving))
    return list(session.exec(select(OutcomeRow.id).where(or_(*whose))))


def _numbered(number: str | None) -> list[ColumnElement[bool]]:
    """The condition that a CRM's contact has the number."""
    return [cast(col(OutcomeRow.contact), Text).contains(f'"{number}"', autoescape=True)] if number else []
