"""Search over everything that a user may see: by number, e-mail address, id, carrier's id, name of a tracker or campaign."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Call, Delivery, FormSubmission, TextMessage, Tracker, TrackingNumber
from hub.queries.people import number_in
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

MAX_RESULTS = 20
MIN_TEXT_CHARACTERS = 3
NEWEST_NAMED = 2_000
"""How many of the newest callers' names are searched: names are encrypted, so no index knows them."""


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
    named: list[Any] = [col(Call.id) == text.lower(), col(Call.carrier_call_id) == text]
    if number:
        named += [col(Call.caller_number) == number, col(Call.tracking_number) == number]
    else:
        causes = select(Attribution.subject_id).where(
            col(Attribution.company_id).in_(companies),
            or_(col(Attribution.campaign) == text, col(Attribution.keyword) == text),
        )
        numbers = select(TrackingNumber.number).join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
        numbers = numbers.where(col(Tracker.company_id).in_(companies), col(Tracker.name) == text)
        named += [col(Call.id).in_(causes), col(Call.tracking_number).in_(numbers)]
    query = scope.calls().where(col(Call.company_id).in_(companies), or_(*named))
    rows = list(session.exec(query.order_by(col(Call.started_at).desc()).limit(MAX_RESULTS)))
    names = names_of(vault, session, rows)
    return [_call_hit(row, names.get(row.id), "number" if number else "id, tracker or campaign") for row in rows]


def _texts(
    session: Session, scope: AccessScope, companies: Collection[str], text: str, number: str | None
) -> list[SearchHit]:
    named: list[Any] = [col(TextMessage.id) == text.lower(), col(TextMessage.carrier_message_id) == text]
    if number:
        named.append(col(TextMessage.person_number) == number)
    query = scope.select(TextMessage).where(
        col(TextMessage.company_id).in_(companies), col(TextMessage.direction) == "in", or_(*named)
    )
    rows = session.exec(query.order_by(col(TextMessage.at).desc()).limit(MAX_RESULTS))
    return [
        SearchHit(id=row.id, kind="text", at=row.at, number=row.person_number, name=None, matched="number or id")
        for row in rows
    ]


def _forms(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str, number: str | None
) -> list[SearchHit]:
    named: list[Any] = [col(FormSubmission.id) == text.lower(), col(FormSubmission.submission_key) == text]
    if number:
        named.append(col(FormSubmission.phone_number) == number)
    if "@" in text:
        named.append(col(FormSubmission.email) == text.lower())
    query = scope.select(FormSubmission).where(col(FormSubmission.company_id).in_(companies), or_(*named))
    rows = list(session.exec(query.order_by(col(FormSubmission.submitted_at).desc()).limit(MAX_RESULTS)))
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


def _by_name(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str
) -> list[SearchHit]:
    """The newest calls whose caller's name contains the text."""
    query = scope.calls().where(col(Call.company_id).in_(companies), col(Call.sealed_name).is_not(None))
    rows = list(session.exec(query.order_by(col(Call.started_at).desc()).limit(NEWEST_NAMED)))
    names = names_of(vault, session, rows)
    wanted = text.casefold()
    return [_call_hit(row, names[row.id], "name") for row in rows if wanted in names.get(row.id, "").casefold()]


def _call_hit(row: Call, name: str | None, matched: str) -> SearchHit:
    return SearchHit(id=row.id, kind="call", at=row.started_at, number=row.caller_number, name=name, matched=matched)
