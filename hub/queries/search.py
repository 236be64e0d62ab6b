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
from hub.contracts.phones import phone_number
from hub.model import Attribution, Call, Delivery, FormSubmission, TextMessage, Tracker, TrackingNumber
from hub.queries.lists.kinds import CALLS, FORMS, TEXTS, Kind, Visible, visible
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
EXTERNAL_IDS: dict[str, Any] = {
    CALLS.name: col(Call.carrier_call_id),
    TEXTS.name: col(TextMessage.carrier_message_id),
    FORMS.name: col(FormSubmission.submission_key),
}
MATCHED: dict[str, str] = {
    CALLS.name: "id, tracker or campaign",
    TEXTS.name: "number or id",
    FORMS.name: "number, address or id",
}


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
    """The newest calls, texts and forms that match a text and that the user sees; at most 20."""
    text = text.strip()
    if len(text) < MIN_TEXT_CHARACTERS:
        return []
    seen = visible(session, scope, companies)
    found = [hit for kind in seen.kinds for hit in _hits(session, vault, seen, kind, text)]
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


def _hits(session: Session, vault: Vault, seen: Visible, kind: Kind, text: str) -> list[SearchHit]:
    """The newest rows of a kind that match."""
    table, number = kind.table, phone_number(text)
    named = [table.id == text.lower(), EXTERNAL_IDS[kind.name] == text]
    if number:
        named.append(kind.number == number)
    if kind is FORMS and "@" in text:
        named.append(table.email == text.lower())
    if kind is CALLS and (numbers := session.exec(_lines(seen, text, number).limit(MAX_LINES)).all()):
        named.append(table.tracking_number.in_(numbers))
    request = [select(table).where(*seen.conditions(kind, by_company=True), each) for each in named]
    if kind is CALLS and not number:
        caused = select(Attribution.subject_id).where(col(Attribution.company_id).in_(seen.companies))
        for cause in (col(Attribution.campaign), col(Attribution.keyword)):
            request.append(select(table).where(*seen.conditions(kind), table.id.in_(caused.where(cause == text))))
    rows = _newest(session, request, table, kind.at)
    names = {} if kind is TEXTS else names_of(vault, session, rows)
    matched = "number" if number and kind is CALLS else MATCHED[kind.name]
    return [_hit(row, kind, names.get(row.id), matched) for row in rows]


def _lines(seen: Visible, text: str, number: str | None) -> Any:
    """A query for the tracking numbers that were typed, or those of the trackers with a name."""
    lines = select(TrackingNumber.number)
    if number:
        return lines.where(TrackingNumber.number == number)
    lines = lines.join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
    return lines.where(col(Tracker.company_id).in_(seen.companies), col(Tracker.name) == text)


def _newest(session: Session, request: Sequence[Any], table: Any, at: Any) -> list[Any]:
    """The newest rows of some queries. Each is asked alone, so that each has its index."""
    parts = [each.order_by(at.desc()).limit(MAX_RESULTS) for each in request]
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
    return [_hit(row, CALLS, names[row.id], "name") for row in rows if wanted in names.get(row.id, "").casefold()]


def _hit(row: Any, kind: Kind, name: str | None, matched: str) -> SearchHit:
    at, number = getattr(row, kind.at.key), getattr(row, kind.number.key)
    return SearchHit(id=row.id, kind=kind.name, at=at, number=number, name=name, matched=matched)
