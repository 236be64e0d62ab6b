"""Search over everything that a user may see: by number, e-mail address, id, carrier's id, name of a tracker or campaign."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Call, Delivery, FormSubmission, TextMessage, Tracker, TrackingNumber
from hub.queries.lists.kinds import CALLS, visible
from hub.queries.people import number_in
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

MAX_RESULTS = 20
MIN_TEXT_CHARACTERS = 3
NEWEST_NAMED = 2_000
"""How many of the newest callers' names are searched: names are encrypted, so no index knows them."""
NEWEST_READ = 10_000
"""Among so many of the newest calls: most carriers give no names."""
MAX_LINES = 1_000
"""Numbers of a tracker whose calls are searched."""


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One call, text or form that matches, and by what."""

    id: str
    kind: str
    at: datetime
    number: str | None
    name: str | None
    matched: str


def find_contacts(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str
) -> list[SearchHit]:
    """The newest calls, texts and forms that match a text; at most 20. Texts and forms only for the reach `account`."""
    text = text.strip()
    if len(text) < MIN_TEXT_CHARACTERS:
        return []
    number = number_in(text)
    whole = scope.reach == "account"
    found = _calls(session, scope, vault, companies, text, number)
    if whole:
        found += _texts(session, scope, companies, text, number)
        found += _forms(session, scope, vault, companies, text, number)
    if not found:
        found = _by_name(session, scope, vault, companies, text)
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:MAX_RESULTS]


def find_deliveries(session: Session, scope: AccessScope, companies: Collection[str], text: str) -> list[Delivery]:
    """The deliveries with an id or an item's key, of calls, texts and forms of some companies."""
    if len(text) < MIN_TEXT_CHARACTERS:
        return []
    rows = session.exec(select(Delivery).where(or_(col(Delivery.id) == text, col(Delivery.item_key) == text)).limit(10))
    seen = []
    for row in rows.all():
        subjects = (
            scope.select(table).where(table.id == row.subject_id) for table in (Call, TextMessage, FormSubmission)
        )
        if any(getattr(session.exec(query).first(), "company_id", None) in companies for query in subjects):
            seen.append(row)
    return seen


def _calls(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str, number: str | None
) -> list[SearchHit]:
    call: Any = Call
    named, by_cause = [call.id == text.lower(), call.carrier_call_id == text], list[Any]()
    lines = select(TrackingNumber.number)
    if number:
        named.append(call.caller_number == number)
        lines = lines.where(TrackingNumber.number == number)
    else:
        caused = select(Attribution.subject_id).where(col(Attribution.company_id).in_(companies))
        by_cause = [
            call.id.in_(caused.where(col(Attribution.campaign) == text)),
            call.id.in_(caused.where(col(Attribution.keyword) == text)),
        ]
        lines = lines.join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
        lines = lines.where(col(Tracker.company_id).in_(companies), col(Tracker.name) == text)
    if numbers := session.exec(lines.limit(MAX_LINES)).all():
        named.append(call.tracking_number.in_(numbers))
    query = scope.calls().where(call.company_id.in_(companies))
    caused_by = select(Call).where(*visible(session, scope, companies).conditions(CALLS))
    asked = [*(query.where(each) for each in named), *(caused_by.where(each) for each in by_cause)]
    rows = _newest(session, asked, Call, call.started_at)
    names = names_of(vault, session, rows)
    return [_call_hit(row, names.get(row.id), "number" if number else "id, tracker or campaign") for row in rows]


def _texts(
    session: Session, scope: AccessScope, companies: Collection[str], text: str, number: str | None
) -> list[SearchHit]:
    row_of: Any = TextMessage
    named = [row_of.id == text.lower(), row_of.carrier_message_id == text]
    if number:
        named.append(row_of.person_number == number)
    query = scope.select(TextMessage).where(row_of.company_id.in_(companies), row_of.direction == "in")
    rows = _newest(session, [query.where(each) for each in named], TextMessage, row_of.at)
    return [
        SearchHit(id=row.id, kind="text", at=row.at, number=row.person_number, name=None, matched="number or id")
        for row in rows
    ]


def _forms(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str, number: str | None
) -> list[SearchHit]:
    form: Any = FormSubmission
    named = [form.id == text.lower(), form.submission_key == text]
    if number:
        named.append(form.phone_number == number)
    if "@" in text:
        named.append(form.email == text.lower())
    query = scope.select(FormSubmission).where(form.company_id.in_(companies))
    rows = _newest(session, [query.where(each) for each in named], FormSubmission, form.submitted_at)
    names = names_of(vault, session, rows)
    return [
        SearchHit(
            id=row.id,
            kind="form",
            at=row.submitted_at,
            number=row.phone_number,
            name=names.get(row.id),
            matched="number, address or id",
        )
        for row in rows
    ]


def _newest(session: Session, asked: Sequence[Any], table: Any, at: Any) -> list[Any]:
    """The newest rows of some queries. Each is asked alone, so that each has its index."""
    parts = [each.order_by(at.desc()).limit(MAX_RESULTS) for each in asked]
    ids = [select_columns(part.with_only_columns(table.id).subquery()) for part in parts]
    found = set(session.execute(union_all(*ids)).scalars())
    if not found:
        return []
    return list(session.scalars(select(table).where(table.id.in_(found)).order_by(at.desc()).limit(MAX_RESULTS)))


def _by_name(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str
) -> list[SearchHit]:
    """The newest calls whose caller's name contains the text."""
    call: Any = Call
    newest = scope.calls().where(call.company_id.in_(companies)).order_by(call.started_at.desc()).limit(NEWEST_READ)
    read = newest.with_only_columns(call.id, call.started_at, call.sealed_name).subquery().c
    named = select(read.id).where(read.sealed_name.is_not(None)).order_by(read.started_at.desc()).limit(NEWEST_NAMED)
    rows = list(session.exec(select(Call).where(call.id.in_(named)).order_by(call.started_at.desc())))
    names = names_of(vault, session, rows)
    wanted = text.casefold()
    return [_call_hit(row, names[row.id], "name") for row in rows if wanted in names.get(row.id, "").casefold()]


def _call_hit(row: Call, name: str | None, matched: str) -> SearchHit:
    return SearchHit(id=row.id, kind="call", at=row.started_at, number=row.caller_number, name=name, matched=matched)
