"""Whole weeks of several companies beside the weeks before, together and by company or source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from hub.model import Company
from hub.reports.report import Line, sum_of
from hub.reports.weeks import NO_LINE, By, Returns, returns_within, sum_of_returns, weeks_within

MEASURES = ("calls", "answered", "leads")


@dataclass(frozen=True)
class Weeks:
    """The weeks of one company or source, or of all."""

    name: str
    """A company's id, or a source with its medium; empty for all."""
    lines: Sequence[Line]
    former: Sequence[Line]
    costs: Sequence[Returns] = ()
    """What was spent in each week and what it brought; empty if it was not asked for."""
    former_costs: Sequence[Returns] = ()

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
    session: Session,
    companies: Sequence[Company],
    begins: date,
    former: date | None,
    weeks: int,
    by: By,
    *,
    with_costs: bool = False,
) -> Trend:
    """The weeks from the Monday `begins` on, and as many from `former` on. Calls count for the touch before them."""

    def read(monday: date | None) -> tuple[dict[str, list[Line]], dict[str, list[Returns]]]:
        if monday is None:
            return {}, {}
        costs = returns_within(session, companies, monday, weeks, by) if with_costs else {}
        return weeks_within(session, companies, monday, weeks, MEASURES, by), costs

    (now, spent), (old, spent_before) = read(begins), read(former)
    nothing: Sequence[Line] = [NO_LINE] * weeks
    free: Sequence[Returns] = [{}] * weeks if with_costs else ()
    unknown, unpaid = (nothing, free) if former is not None else ((), ())
    parts = [
        Weeks(
            name,
            now.get(name, nothing),
            old.get(name, unknown),
            spent.get(name, free),
            spent_before.get(name, unpaid),
        )
        for name in dict.fromkeys([*now, *old, *spent, *spent_before])
    ]
    parts.sort(key=lambda each: (-each.total("calls"), each.name))
    every = range(weeks)
    return Trend(
        by,
        Weeks(
            "",
            [sum_of([part.lines[week] for part in parts]) for week in every],
            [sum_of([part.former[week] for part in parts]) for week in every] if former is not None else (),
            [sum_of_returns(part.costs[week] for part in parts) for week in every] if with_costs else (),
            [sum_of_returns(part.former_costs[week] for part in parts) for week in every] if unpaid else (),
        ),
        parts,
    )
