"""Whole weeks, Monday to Sunday, of several companies: what each week brought, for lines over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Date, cast, func, literal, select
from sqlmodel import Session

from hub.model import Company, CostRow
from hub.reports.costs import Return, Spent, match_costs
from hub.reports.report import Line, corrections
from hub.reports.rollups import DAY_TABLE
from hub.reports.tally import MEASURES
from hub.store.dialects import WeeksSince

By = Literal["company", "source"]
Returns = Mapping[str, Return]
"""By currency."""
BROUGHT = ("calls", "leads", "customers")
"""What costs are compared with."""
WEEK = timedelta(weeks=1)
NO_LINE = Line(None, (0,) * len(MEASURES))


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def weeks_until(last: date, weeks: int) -> date:
    """The Monday of the first of so many whole weeks that are over at the end of a day."""
    return monday_of(last + timedelta(days=1)) - weeks * WEEK


def weeks_within(
    session: Session,
    companies: Sequence[Company],
    begins: date,
    weeks: int,
    measures: Sequence[str],
    by: By = "company",
) -> dict[str, list[Line]]:
    """The id of a company, or a source of all of them → its line of each week from the Monday `begins` on.

    Calls count for the touch before them. Only `measures` are read; companies and sources without anything are left out.
    """
    sums = _sums(session, companies, begins, weeks, measures, (by,))
    return {name: [Line(name or None, tuple(row)) for row in rows] for (name,), rows in sums.items()}


def returns_within(
    session: Session, companies: Sequence[Company], begins: date, weeks: int, by: By = "company"
) -> dict[str, list[Returns]]:
    """The same for what was spent in each week and what it brought, by currency, as a report of costs of this week has it;
    without what customers bought. Costs of the whole account are left out."""
    lines: dict[tuple[str, int], list[Line]] = {}
    for (company_id, source), rows in _sums(session, companies, begins, weeks, BROUGHT, ("company", "source")).items():
        for week, row in enumerate(rows):
            if any(row):
                lines.setdefault((company_id, week), []).append(Line(source or None, tuple(row)))
    found: dict[str, list[Returns]] = {}
    for (company_id, week), spent in _spent(session, companies, begins, weeks).items():
        matched = match_costs(lines.get((company_id, week), ()), spent, "source")
        for each in matched:
            if each.returns:
                name = company_id if by == "company" else each.value or ""
                if name not in found:
                    found[name] = [{} for _ in range(weeks)]
                found[name][week] = sum_of_returns([found[name][week], each.returns])
    return found


def sum_of_returns(parts: Iterable[Returns]) -> dict[str, Return]:
    """What was spent and what it brought, of several parts, by currency."""
    total: dict[str, Return] = {}
    for part in parts:
        for currency, each in part.items():
            total[currency] = total[currency] + each if currency in total else each
    return total


def _spent(
    session: Session, companies: Sequence[Company], begins: date, weeks: int
) -> dict[tuple[str, int], list[Spent]]:
    """(company, week) → its costs by source."""
    row: Any = CostRow
    week = WeeksSince(row.day, literal(begins, Date())).label("week")
    source = (row.company_id, row.source, row.medium, row.currency)
    query = select(week, *source, func.sum(row.amount)).where(row.company_id.in_([each.id for each in companies]))
    last = begins + weeks * WEEK - timedelta(days=1)
    found: dict[tuple[str, int], list[Spent]] = {}
    for place, company_id, name, medium, currency, amount in session.execute(
        query.where(row.day.between(begins, last)).group_by("week", *source)
    ):
        found.setdefault((company_id, place), []).append(Spent(name, medium, None, None, None, currency, amount))
    return found


def _sums(
    session: Session,
    companies: Sequence[Company],
    begins: date,
    weeks: int,
    measures: Sequence[str],
    key: Sequence[By],
) -> dict[tuple[str, ...], list[list[int]]]:
    """Company, source or both → the sums of each week, in the order of MEASURES."""
    last = begins + weeks * WEEK - timedelta(days=1)
    sums: dict[tuple[str, ...], list[list[int]]] = {}
    places = [MEASURES.index(name) for name in measures]

    def add(name: tuple[str, ...], week: int, numbers: Sequence[int], sign: int = 1) -> None:
        rows = sums.get(name)
        if rows is None:
            rows = sums[name] = [[0] * len(MEASURES) for _ in range(weeks)]
        for place, number in zip(places, numbers, strict=True):
            rows[week][place] += sign * number

    rollup = DAY_TABLE.c
    chosen = (
        select(rollup.company_id, rollup.value, rollup.day, *(rollup[each] for each in measures))
        .where(rollup.company_id.in_([each.id for each in companies]), rollup.model == "last")
        .where(rollup.dimension == "source", rollup.day.between(begins, last), rollup.currency == "")
    )
    if "source" not in key:  # the key has the days of a company in order, so this sums few weeks of few rows
        summed = [rollup.company_id, rollup.day, *(func.sum(rollup[each]).label(each) for each in measures)]
        chosen = chosen.with_only_columns(*summed).group_by(rollup.company_id, rollup.day)
    days = chosen.subquery().c
    names = [days.company_id if each == "company" else days.value for each in key]
    week = WeeksSince(days.day, literal(begins, Date())).label("week")
    sums_of_weeks = (cast(func.sum(days[each]), BigInteger) for each in measures)
    for found in session.execute(select(week, *names, *sums_of_weeks).group_by(*names, "week")):
        add(tuple(found[1 : 1 + len(key)]), found[0], found[1 + len(key) :])
    for company_id, day, credits, sign in corrections(session, companies, "source", "last", begins, last):
        for (source, currency), numbers in credits:
            if not currency:
                some = [numbers[place] for place in places]
                name = tuple(company_id if each == "company" else source for each in key)
                add(name, (day - begins).days // 7, some, sign)
    return sums
