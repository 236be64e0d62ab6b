"""A report: what each source, campaign, keyword or landing page brought in a span of days, right at this moment.

Whole months are read from their roll-ups and the other days from theirs; days that were marked since are added up live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, or_, select
from sqlmodel import Session, col

from hub.model import Company, DirtyDay
from hub.reports.calendar import last_of_month, month_of
from hub.reports.credits import WHOLE, Model
from hub.reports.rollups import DAYS, MONTHS, stored_days
from hub.reports.tally import AMOUNT_UNIT, MEASURES, Dimension, Key, Tally, merge, tally_day
from hub.store.engine import Store

Span = tuple[date, date]


@dataclass(frozen=True)
class Line:
    """What one value brought. Numbers are of credits and so may be broken; `amounts` are by currency.

    `value` is None for what has none: no campaign, no keyword, no landing page.
    """

    value: str | None
    calls: Decimal
    answered: Decimal
    first_time: Decimal
    texts: Decimal
    forms: Decimal
    conversions: Decimal
    amounts: dict[str, Decimal]

    @property
    def contacts(self) -> Decimal:
        """Calls, texts and forms together."""
        return self.calls + self.texts + self.forms


@dataclass(frozen=True)
class Report:
    """A company's report from day to day, both included; the lines with the most contacts first."""

    company: str
    time_zone: str
    dimension: Dimension
    model: Model
    first: date
    last: date
    lines: Sequence[Line]
    total: Line


def make_report(store: Store, company: Company, dimension: Dimension, model: Model, first: date, last: date) -> Report:
    """The report of a company. Days are those of its time zone."""
    with store.reading() as session:
        if not store.is_sqlite:  # one state of the database throughout, though a worker rolls up meanwhile
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tally = _read(session, company, dimension, model, first, last)
    lines = [_line(value or None, rows) for value, rows in _by_value(tally).items()]
    lines.sort(key=lambda line: (-line.contacts, -line.conversions, line.value or ""))
    total = _line(None, list(tally.items()))
    return Report(company.name, company.time_zone, dimension, model, first, last, lines, total)


def _read(session: Session, company: Company, dimension: Dimension, model: Model, first: date, last: date) -> Tally:
    months, days = split(first, last)
    tally: Tally = {}
    for table, spans in ((MONTHS, months), (DAYS, days)):
        merge(tally, _sums(session, table, company.id, dimension, model, spans))
    marked = select(DirtyDay.day).where(DirtyDay.company_id == company.id).distinct()  # type: ignore[call-overload]
    dirty = list(session.scalars(marked.where(col(DirtyDay.day) >= first, col(DirtyDay.day) <= last)))
    if dirty:
        zone = ZoneInfo(company.time_zone)
        for stored in stored_days(session, company.id, dirty, (model,), (dimension,)).values():
            merge(tally, stored.items(), sign=-1)
        for day in dirty:
            merge(tally, tally_day(session, company.id, zone, day, (model,), (dimension,)).items())
    return tally


def split(first: date, last: date) -> tuple[list[Span], list[Span]]:
    """A span of days as whole months (one span of their first days, or none) and the days before and after them."""
    begins = first if first == month_of(first) else last_of_month(first) + timedelta(days=1)
    ends = last if last == last_of_month(last) else month_of(last) - timedelta(days=1)
    if begins > ends:
        return [], [(first, last)]
    edges = [(first, begins - timedelta(days=1)), (ends + timedelta(days=1), last)]
    return [(begins, month_of(ends))], [(begin, end) for begin, end in edges if begin <= end]


def _sums(
    session: Session, table: Table, company_id: str, dimension: Dimension, model: Model, spans: Sequence[Span]
) -> Iterator[tuple[Key, list[int]]]:
    if not spans:
        return
    columns = table.c
    query = (
        select(columns.value, columns.currency, *(func.sum(columns[name]) for name in MEASURES))
        .where(columns.company_id == company_id, columns.model == model, columns.dimension == dimension)
        .where(or_(*(columns.day.between(begin, end) for begin, end in spans)))
        .group_by(columns.value, columns.currency)
    )
    for value, currency, *numbers in session.execute(query):
        yield Key(model, dimension, value, currency), [int(number) for number in numbers]


def _by_value(tally: Tally) -> dict[str, list[tuple[Key, list[int]]]]:
    rows: dict[str, list[tuple[Key, list[int]]]] = {}
    for key, numbers in tally.items():
        rows.setdefault(key.value, []).append((key, numbers))
    return rows


def _line(value: str | None, rows: Iterable[tuple[Key, Sequence[int]]]) -> Line:
    counts = [0] * len(MEASURES)
    amounts: dict[str, int] = {}
    for key, numbers in rows:
        if key.currency:
            amounts[key.currency] = amounts.get(key.currency, 0) + numbers[-1]
        else:
            counts = [one + other for one, other in zip(counts, numbers, strict=True)]
    named: dict[str, Any] = dict(zip(MEASURES[:-1], (Decimal(count) / WHOLE for count in counts), strict=False))
    sums = {currency: Decimal(amount) / AMOUNT_UNIT for currency, amount in sorted(amounts.items())}
    return Line(value=value, amounts=sums, **named)
