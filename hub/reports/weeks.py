"""Whole weeks, Monday to Sunday, of several companies: what each week brought, for lines over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import BigInteger, case, cast, func, select
from sqlmodel import Session

from hub.model import Company
from hub.reports.report import Line, corrections
from hub.reports.rollups import DAY_TABLE
from hub.reports.tally import MEASURES

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
        rows = sums.setdefault(name, [[0] * len(MEASURES) for _ in range(weeks)])
        for place, number in zip(places, numbers, strict=True):
            rows[week][place] += sign * number

    rollup = DAY_TABLE.c
    week = case(*((rollup.day < begins + (each + 1) * WEEK, each) for each in range(weeks - 1)), else_=weeks - 1)
    name = rollup.company_id if by == "company" else rollup.value
    query = (
        select(name.label("of"), week.label("week"), *(cast(func.sum(rollup[each]), BigInteger) for each in measures))
        .where(rollup.company_id.in_([each.id for each in companies]), rollup.model == "last")
        .where(rollup.dimension == "source", rollup.day.between(begins, last), rollup.currency == "")
        .group_by("of", "week")
    )
    for found, place, *sums_of_week in session.execute(query):
        add(found, place, sums_of_week)
    for company_id, day, credits, sign in corrections(session, companies, "source", "last", begins, last):
        for (source, currency), numbers in credits:
            if not currency:
                some = [numbers[place] for place in places]
                add(company_id if by == "company" else source, (day - begins).days // 7, some, sign)
    return {name: [Line(name or None, tuple(row)) for row in rows] for name, rows in sums.items()}
