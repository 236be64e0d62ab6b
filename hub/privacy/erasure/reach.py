"""What belongs to one person, by the ids of rows: calls, texts, forms, visits known as theirs, deals, raw webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Text, cast, func, literal, or_
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Call, CallEventRow, Company, FormSubmission, InboxWebhook, OutcomeRow, Person, TextMessage, Visit


@dataclass(frozen=True)
class Reach:
    """Ids by table. What hangs on these rows (facts, page views, recordings …) goes with them."""

    people: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    visits: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()

    @property
    def subjects(self) -> frozenset[str]:
        """Calls, texts and forms."""
        return self.calls | self.texts | self.forms

    def by_table(self) -> dict[str, frozenset[str]]:
        """As tombstones name the rows: table → ids."""
        return {table: getattr(self, name) for table, name in TABLES.items()}


TABLES = {
    "call": "calls",
    "text_message": "texts",
    "form_submission": "forms",
    "visit": "visits",
    "outcome": "outcomes",
    "inbox": "webhooks",
    "person": "people",
}
"""Table → field of `Reach`."""


def reach_of(session: Session, config: Config, person: Person, webhooks: Iterable[str] = ()) -> Reach:
    """All that is known as the person's at their company. `webhooks` are ids found before (`webhooks_of`)."""
    calls = _contacts(session, person, Call, col(Call.caller_number) == person.phone_number)
    texts = _contacts(session, person, TextMessage, col(TextMessage.person_number) == person.phone_number)
    forms = _contacts(
        session,
        person,
        FormSubmission,
        col(FormSubmission.phone_number) == person.phone_number,
        col(FormSubmission.email) == person.email,
    )
    sent_from = select(FormSubmission.visit_id).where(
        col(FormSubmission.id).in_(forms), col(FormSubmission.visit_id).is_not(None)
    )
    visits = select(Visit.id).where(
        Visit.company_id == person.company_id, or_(col(Visit.person_id) == person.id, col(Visit.id).in_(sent_from))
    )
    told = select(CallEventRow.inbox_id).where(
        col(CallEventRow.call_id).in_(calls), col(CallEventRow.inbox_id).is_not(None)
    )
    return Reach(
        people=frozenset([person.id]),
        calls=frozenset(calls),
        texts=frozenset(texts),
        forms=frozenset(forms),
        visits=frozenset(session.exec(visits)),
        outcomes=frozenset(_outcomes(session, config, person, [*calls, *texts, *forms])),
        webhooks=frozenset(inbox_id for inbox_id in session.exec(told) if inbox_id) | frozenset(webhooks),
    )


def webhooks_of(
    session: Session, person: Person, since: datetime | None = None, among: ColumnElement[bool] | None = None
) -> list[str]:
    """Raw webhooks that hold the person's number or e-mail address, received at or after `since`, `among` those. It
    reads all their bodies that are still there, so ask before the writing session is opened."""
    body, url = col(InboxWebhook.body), col(InboxWebhook.url)
    sqlite = session.get_bind().dialect.name == "sqlite"
    holds: list[Any] = []
    for needle in _needles(person):
        raw = needle.encode()
        pattern = b"%" + raw.replace(b"\\", b"\\\\").replace(b"%", b"\\%").replace(b"_", b"\\_") + b"%"
        holds += [
            func.instr(body, literal(raw)) > 0 if sqlite else body.op("LIKE")(literal(pattern)),
            url.contains(needle, autoescape=True),
        ]
    if not holds:
        return []
    found = select(InboxWebhook.id).where(or_(*holds))
    if since is not None:
        found = found.where(col(InboxWebhook.received_at) >= since)
    if among is not None:
        found = found.where(among)
    return list(session.exec(found))


def _needles(person: Person) -> list[str]:
    """The person's number as digits (of a North American one the last ten), and their address, also as forms encode it."""
    number = (person.phone_number or "").removeprefix("+")
    needles = [number[1:] if number.startswith("1") and len(number) == 11 else number]
    if person.email:
        needles += [person.email, quote(person.email, safe="")]
    return list(dict.fromkeys(needle for needle in needles if needle))


def _contacts(session: Session, person: Person, table: Any, *same: Any) -> list[str]:
    """Ids of one kind: known as the person's, or with a number or an address of theirs. An unknown one is equal to nothing."""
    theirs = or_(table.person_id == person.id, *same)
    return list(session.exec(select(table.id).where(table.company_id == person.company_id, theirs)))


def _outcomes(session: Session, config: Config, person: Person, subjects: list[str]) -> list[str]:
    """Deals that go back to the person, and those of a contact with their number or address in a CRM of their company."""
    company = session.get_one(Company, person.company_id)
    serving = [name for name, entry in config.connectors.items() if entry.serves(company.name)]
    named = []
    if person.phone_number:
        named.append(cast(col(OutcomeRow.contact), Text).contains(f'"{person.phone_number}"', autoescape=True))
    if person.email:
        named.append(col(OutcomeRow.email) == person.email)
    whose: list[Any] = [col(OutcomeRow.subject_id).in_(subjects)]
    if named:
        whose.append(or_(*named) & col(OutcomeRow.connector).in_(serving) & col(OutcomeRow.subject_id).is_(None))
    return list(session.exec(select(OutcomeRow.id).where(or_(*whose))))
