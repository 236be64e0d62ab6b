"""What happens in a hub, as it happens: calls, texts, forms, visits, conversions and deliveries, and how each goes on.

Rows are found by their ids, which sort by time, so a look at a large database costs as much as one at a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Call, ConversionRow, Delivery, FormSubmission, TextMessage, Tracker, Visit
from hub.model.states import FINAL_DELIVERY_STATES
from hub.queries.lists.conditions import outcome_of

OVERLAP = timedelta(seconds=30)
"""A row is written a moment after its id is made, and the clocks of machines differ: each look goes back so far."""
MAX_FOLLOWED = 500
"""So many rows of a kind are looked at again until they are over, the newest."""
MAX_ROWS = 1_000
KINDS = ("call", "text", "form", "visit", "conversion", "delivery")


@dataclass(frozen=True, kw_only=True)
class TailEvent:
    """Something that happened: a new row, or a new state of one. `number` and `detail` may hold personal data."""

    at: datetime
    kind: str
    id: str
    company_id: str
    state: str
    number: str | None = None
    """Of the person."""
    detail: str = ""
    """In words: source, tracker, destination, reason."""
    subject_id: str | None = None
    """The call, text or form of a conversion or delivery."""


@dataclass(frozen=True)
class _Kind:
    table: Any
    state: Callable[[Any], str]
    is_over: Callable[[Any], bool]


def _call_state(row: Call) -> str:
    if row.over:
        return str(outcome_of(row))
    return "in progress" if row.answered_at is not None else "ringing"


_KINDS: Mapping[str, _Kind] = {
    "call": _Kind(Call, _call_state, lambda row: row.ended_at is not None),
    "text": _Kind(TextMessage, lambda row: row.status, lambda row: row.direction == "in"),
    "form": _Kind(FormSubmission, lambda row: "received", lambda row: True),
    "visit": _Kind(Visit, lambda row: "seen", lambda row: True),
    "conversion": _Kind(ConversionRow, lambda row: "taken back" if row.retracted else "made", lambda row: False),
    "delivery": _Kind(Delivery, lambda row: row.shown_state, lambda row: row.state in FINAL_DELIVERY_STATES),
}


class EventTail:
    """Gives what happened since the look before, in the order of time."""

    def __init__(
        self, scope: AccessScope, company_ids: Collection[str], kinds: Sequence[str], begins: datetime
    ) -> None:
        self._scope, self._companies, self._kinds = scope, list(company_ids), kinds
        self._begins = begins
        self._states: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
        """Kind → id → the state that was given last, of rows that are new or not over."""
        self._trackers: dict[str, str] = {}

    def look(self, session: Session, now: datetime) -> list[TailEvent]:
        """What is new and what has changed since the last look."""
        return sorted(
            (event for kind in self._kinds for event in self._look(session, kind, now)), key=lambda each: each.at
        )

    def _look(self, session: Session, name: str, now: datetime) -> Iterator[TailEvent]:
        kind, known = _KINDS[name], self._states[name]
        bound = id_at(max(self._begins, now - OVERLAP))
        new = self._query(kind.table).where(kind.table.id >= bound).order_by(kind.table.id).limit(MAX_ROWS)
        rows = list(session.exec(new))
        fresh = {row.id for row in rows}
        followed = sorted(each for each in known if each not in fresh)[-MAX_FOLLOWED:]
        if followed:
            rows += session.exec(select(kind.table).where(kind.table.id.in_(followed)))
        sources = self._sources(session, rows) if kind.table is Call else {}
        for row in rows:
            state, before = kind.state(row), known.get(row.id)
            if state != before:
                yield self._event(session, name, row, state, now if before else None, sources)
            known[row.id] = state
            if row.id < bound and kind.is_over(row):
                del known[row.id]
        for each in sorted(known)[:-MAX_FOLLOWED]:
            if each < bound:
                del known[each]

    def _query(self, table: Any) -> Any:
        return self._scope.select(table).where(table.company_id.in_(self._companies))

    def _event(
        self, session: Session, name: str, row: Any, state: str, changed_at: datetime | None, sources: Mapping[str, str]
    ) -> TailEvent:
        at, number, detail, subject = _content(row)
        words = [detail, sources.get(row.id, ""), self._tracker(session, getattr(row, "tracker_id", None))]
        return TailEvent(
            at=changed_at or at, kind=name, id=row.id, company_id=row.company_id, state=state, number=number,
            detail=", ".join(filter(None, words)), subject_id=subject,
        )  # fmt: skip

    def _sources(self, session: Session, rows: Sequence[Any]) -> dict[str, str]:
        query = select(Attribution).where(col(Attribution.subject_id).in_([row.id for row in rows]))
        return {each.subject_id: f"{each.source} / {each.medium}" for each in session.exec(query)} if rows else {}

    def _tracker(self, session: Session, tracker_id: str | None) -> str:
        if tracker_id is None:
            return ""
        if tracker_id not in self._trackers:
            row = session.get(Tracker, tracker_id)
            self._trackers[tracker_id] = row.name if row else ""
        return self._trackers[tracker_id]


def id_at(at: datetime) -> str:
    """The first id that could be made at a time."""
    digits = f"{max(0, int(at.timestamp() * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _content(row: Any) -> tuple[datetime, str | None, str, str | None]:
    """When it happened, the person's number, what it is in words, and the call, text or form that it is about."""
    match row:
        case Call():
            length = "" if row.duration is None else f"{row.duration // 60}:{row.duration % 60:02}"
            return row.started_at, row.caller_number, length, None
        case TextMessage():
            return row.at, row.person_number, row.reason or ("in" if row.direction == "in" else "out"), None
        case FormSubmission():
            return row.submitted_at, row.phone_number, row.form_id or "", None
        case Visit():
            return row.started_at, None, f"{row.source} / {row.medium}", None
        case ConversionRow():
            worth = "" if row.amount is None else f"{row.amount:.2f} {row.currency}"
            return row.made_at, None, ", ".join(filter(None, (row.rule, worth))), row.subject_id
        case _:
            why = " ".join(filter(None, (row.code, row.reason)))
            return row.made_at, None, f"to {row.connector}" + (f": {why}" if why else ""), row.subject_id
