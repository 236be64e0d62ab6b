"""Whole weeks, Monday to Sunday, of several companies: what each week brought, for lines over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import BigInteger, Date, cast, func, literal, select
from sqlmodel import Session

from hub.model import Company
from hub.reports.report import Line, corrections
from hub.reports.rollups import DAY_TABLE
from hub.reports.tally import MEASURES
from hub.store.dialects import WeeksSince

By = Literal["company", "source"]
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
    last = begins + weeks * WEEK - timedelta(days=1)
    sums: dict[str, list[list[int]]] = {}
    places = [MEASURES.index(name) for name in measures]

    def add(name: str, week: int, numbers: Sequence[int], sign: int = 1) -> None:
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
    if by == "company":  # the key has the days of a company in order, so this sums few weeks of few rows
        summed = [rollup.company_id, rollup.day, *(func.sum(rollup[each]).label(each) for each in measures)]
        chosen = chosen.with_only_columns(*summed).group_by(rollup.company_id, rollup.day)
    days = chosen.subquery().c
    name = days.company_id if by == "company" else days.value
    week = WeeksSince(days.day, literal(begins, Date())).label("week")
    sums_of_weeks = (cast(func.sum(days[each]), BigInteger) for each in measures)
    query = select(name, week, *sums_of_weeks).group_by(name, "week")
    for found, place, *numbers_of_week in session.execute(query):
        add(found, place, numbers_of_week)
    for company_id, day, credits, sign in corrections(session, companies, "source", "last", begins, last):
        for (source, currency), numbers in credits:
            if not currency:
                some = [numbers[place] for place in places]
                add(company_id if by == "company" else source, (day - begins).days // 7, some, sign)
    return {name: [Line(name or None, tuple(row)) for row in rows] for name, rows in sums.items()}
