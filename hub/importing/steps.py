"""How far an import is, and what it could not bring over: written in the transaction of each page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hub.importing.records import BEGINNING, Position
from hub.model import ImportStep

SAMPLES = 5
"""Ids that are kept of what could not be brought over, for each reason."""
NEW, CHANGED, SAME, SKIPPED = "new", "changed", "unchanged", "skipped"


@dataclass
class Tally:
    """What happened to the records of a page."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: dict[str, list[str]] = field(default_factory=dict)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)
    """In what people refuse texts or calls → how many are sure, how many doubtful, how many in what is not kept."""

    def skip(self, reason: str, external_id: str | None) -> None:
        """Note a record that is not brought over; `external_id` is its id there, which names nobody."""
        self.counts[SKIPPED] += 1
        self.note(reason, external_id)

    def note(self, reason: str, external_id: str | None) -> None:
        """Note what of a record is not brought over, though the record is."""
        self.problems.setdefault(reason, []).append(external_id or "")


def begin_step(session: Session, source: str, resource: str, options: str, now: datetime) -> ImportStep:
    """The step of a list, to go on with: where it was left, or from its beginning if it was finished, or if other `options`
    were asked for."""
    step = session.get(ImportStep, (source, resource))
    if step is None or step.finished_at is not None or step.options != options:
        known: dict[str, Any] = {}
        if step is not None:
            known = step.problems if step.finished_at else step.known_problems
            session.delete(step)
            session.flush()
        step = ImportStep(source=source, resource=resource, options=options, begun_at=now, moved_at=now)
        step.known_problems = known
        session.add(step)
        session.flush()
    return step


def position_of(step: ImportStep | None, options: str) -> Position:
    """Where a run with these `options` goes on in a list."""
    if step is None or step.finished_at is not None or step.options != options:
        return BEGINNING
    return Position(step.place, step.total)


def move_step(
    session: Session,
    step: ImportStep,
    tally: Tally,
    now: datetime,
    *,
    place: int,
    total: int | None,
    is_last: bool,
) -> ImportStep:
    """Write that the records up to `place` are stored; in the transaction that stores them."""
    row = session.get_one(ImportStep, (step.source, step.resource))
    row.place, row.total, row.moved_at = place, total, now
    row.counts = dict(Counter(row.counts) + tally.counts)
    row.problems = merged(row.problems, tally.problems)
    row.refusals = added(row.refusals, tally.refusals)
    row.finished_at = now if is_last else None
    session.add(row)
    session.flush()
    return row


def added(known: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Counts of counts, added up."""
    return {name: dict(Counter(known.get(name, {})) + Counter(more.get(name, {}))) for name in {**known, **more}}


def merged(known: dict[str, dict[str, object]], new: dict[str, list[str]]) -> dict[str, dict[str, object]]:
    """Reasons with how often each was met, and the first ids of each."""
    found = {reason: dict(each) for reason, each in known.items()}
    for reason, ids in new.items():
        each = found.setdefault(reason, {"count": 0, "ids": []})
        samples = [*each["ids"], *(one for one in ids if one)]  # type: ignore[misc]
        found[reason] = {"count": int(each["count"]) + len(ids), "ids": samples[:SAMPLES]}  # type: ignore[call-overload]
    return found
