"""Whole weeks, Monday to Sunday, of several companies: what each week brought, for lines over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, case, cast, func, literal, select
from sqlmodel import Session

from hub.model import Company
from hub.reports.report import Line, corrections
from hub.reports.rollups import DAY_TABLE
from hub.reports.tally import MEASURES

WEEK = timedelta(weeks=1)
NO_LINE = Line(None, (0,) * len(MEASURES))


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def weeks_within(
    session: Session,
    companies: Sequence[Company],
    begins: date,
    weeks: int,
    measures: Sequence[str],
    *,
    by_source: bool = False,
) -> dict[tuple[str, str], list[Line]]:
    """(company, source) → its line of each week from the Monday `begins` on; the source is empty unless `by_source`.

    Calls count for the touch before them. Only `measures` are read; companies and sources without anything are left out.
    """
    last = begins + weeks * WEEK - timedelta(days=1)
    sums: dict[tuple[str, str], list[list[int]]] = {}
    places = [MEASURES.index(name) for name in measures]

    def add(company_id: str, value: str, week: int, numbers: Sequence[int], sign: int = 1) -> None:
        rows = sums.setdefault((company_id, value), [[0] * len(MEASURES) for _ in range(weeks)])
        for place, number in zip(places, numbers, strict=True):
            rows[week][place] += sign * number

    rollup = DAY_TABLE.c
    week = case(*((rollup.day < begins + (each + 1) * WEEK, each) for each in range(weeks - 1)), else_=weeks - 1)
    value = rollup.value if by_source else literal("")
    key = (rollup.company_id, value.label("of"), week.label("week"))
    query = (
        select(*key, *(cast(func.sum(rollup[name]), BigInteger) for name in measures))
        .where(rollup.company_id.in_([each.id for each in companies]), rollup.model == "last")
        .where(rollup.dimension == "source", rollup.day.between(begins, last), rollup.currency == "")
        .group_by(rollup.company_id, "of", "week")
    )
    for company_id, source, place, *numbers in session.execute(query):
        add(company_id, source, place, numbers)
    for company_id, day, credits, sign in corrections(session, companies, "source", "last", begins, last):
        for (source, currency), numbers in credits:
            if not currency:
                some = [numbers[place] for place in places]
                add(company_id, source if by_source else "", (day - begins).days // 7, some, sign)
    return {key: [Line(key[1] or None, tuple(row)) for row in rows] for key, rows in sums.items()}
