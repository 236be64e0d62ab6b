"""Whole weeks of several companies beside the weeks before, together and by company or source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from hub.model import Company
from hub.reports.report import Line, sum_of
from hub.reports.weeks import NO_LINE, By, weeks_within

MEASURES = ("calls", "answered", "leads")


@dataclass(frozen=True)
class Weeks:
    """The weeks of one company or source, or of all."""

    name: str
    """A company's id, or a source with its medium; empty for all."""
    lines: Sequence[Line]
    former: Sequence[Line]

    def total(self, measure: str, *, former: bool = False) -> Decimal:
        """A measure over all its weeks, or over the former ones."""
        return sum((each.number(measure) for each in (self.former if former else self.lines)), Decimal(0))


@dataclass(frozen=True)
class Trend:
    """All together, and each company or source, the one with the most calls first."""

    by: By
    all: Weeks
    parts: Sequence[Weeks]


def trend_of(
    session: Session, companies: Sequence[Company], begins: date, former: date | None, weeks: int, by: By
) -> Trend:
    """The weeks from the Monday `begins` on, and as many from `former` on. Calls count for the touch before them."""
    now = weeks_within(session, companies, begins, weeks, MEASURES, by)
    old = {} if former is None else weeks_within(session, companies, former, weeks, MEASURES, by)
    nothing = [NO_LINE] * weeks
    unknown: Sequence[Line] = [] if former is None else nothing
    parts = [Weeks(name, now.get(name, nothing), old.get(name, unknown)) for name in dict.fromkeys([*now, *old])]
    parts.sort(key=lambda each: (-each.total("calls"), each.name))
    return Trend(by, Weeks("", _all(now, weeks), [] if former is None else _all(old, weeks)), parts)


def _all(parts: dict[str, list[Line]], weeks: int) -> list[Line]:
    return [sum_of([lines[week] for lines in parts.values()]) for week in range(weeks)]
