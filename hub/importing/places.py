"""Whose an imported contact is: the company and tracker here of those there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from hub.contracts.titles import titled
from hub.model import Company, ImportMatch, Tracker, TrackingNumber
from hub.model.imports import connector_of
from hub.store.rows import write_rows

COMPANY, TRACKER, USER = "company", "tracker", "user"


@dataclass(frozen=True)
class Places:
    """The companies and trackers of a source by their ids there, and the owner of each number here."""

    service: str
    """The name of the service that had them, like `callrail`."""
    companies: Mapping[str, Company]
    trackers: Mapping[str, Tracker]
    numbers: Mapping[str, Tracker]
    """A number (E.164) → its tracker here, retired ones included."""
    only: frozenset[str] = field(default_factory=frozenset)
    """The ids there of the companies that were asked for; empty: all."""

    @property
    def connector(self) -> str:
        """The connector of what is brought over."""
        return connector_of(self.service)

    @property
    def title(self) -> str:
        """The service as people know it."""
        return titled("connector", self.connector)

    def of(self, company: str | None, tracker: str | None, number: str | None) -> tuple[Company, Tracker | None] | None:
        """The company and the tracker of a contact; None if its company is not known here."""
        mine = self.trackers.get(tracker or "") or self.numbers.get(number or "")
        own = self.companies.get(company or "")
        if own is None and mine is not None and company is None:
            own = next((each for each in self.companies.values() if each.id == mine.company_id), None)
        if own is None:
            return None
        return own, mine if mine is not None and mine.company_id == own.id else None


def read_places(session: Session, service: str, source: str, only: Collection[str] = ()) -> Places:
    """The places as matched so far."""
    companies = {each.id: each for each in session.exec(select(Company))}
    trackers = {each.id: each for each in session.exec(select(Tracker))}
    matches = matches_of(session, source)
    owned = session.exec(select(TrackingNumber.number, TrackingNumber.tracker_id)).all()
    return Places(
        service,
        {there: companies[here] for there, here in matches[COMPANY].items() if here in companies},
        {there: trackers[here] for there, here in matches[TRACKER].items() if here in trackers},
        {number: trackers[tracker_id] for number, tracker_id in owned},
        frozenset(only),
    )


def matches_of(session: Session, source: str) -> dict[str, dict[str, str]]:
    """Kind → id there → id here."""
    found: dict[str, dict[str, str]] = {COMPANY: {}, TRACKER: {}, USER: {}}
    for row in session.exec(select(ImportMatch).where(col(ImportMatch.source) == source)):
        found[row.kind][row.external_id] = row.own_id
    return found


def write_matches(session: Session, source: str, kind: str, ids: Mapping[str, str], now: datetime) -> None:
    """Keep which of theirs are which of ours; what was matched before stays."""
    rows = [
        ImportMatch(source=source, kind=kind, external_id=there, own_id=here, matched_at=now)
        for there, here in sorted(ids.items())
    ]
    write_rows(session, ImportMatch, rows)


def imported_id(at: datetime, key: str) -> str:
    """The id of an imported row: sorts by its time like all others (UUIDv7), and is the same at every import."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:10], "big")
    milliseconds = max(0, int(at.timestamp() * 1_000))
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (digest >> 66 & 0xFFF) << 64 | 2 << 62 | digest & (1 << 62) - 1))
