"""A report: what each source, campaign, keyword or landing page brought in a range of days, up to date.

Whole years, months and single days are read from their roll-ups; days marked since then are added up live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Table, bindparam, cast, func, select, union_all
from sqlmodel import Session, col

from hub.model import Company, DirtyDay
from hub.reports.calendar import FIRST_DAY, LAST_DAY, Span, months_between, years_between
from hub.reports.credits import WHOLE, Model
from hub.reports.definitions import call_ratios
from hub.reports.rollups import DAY_TABLE, MONTH_TABLE, YEAR_TABLE, stored_days
from hub.reports.tally import AMOUNT, AMOUNT_UNIT, MEASURES, SPAM_OF, WON, Dimension, Sums, merge, tally_day
from hub.store.engine import Store

ONE_DAY = timedelta(days=1)
CONVERSIONS = MEASURES.index("conversions")
CONTACT_MEASURES = [MEASURES.index(name) for name in ("calls", "texts", "forms")]


@dataclass(frozen=True, slots=True)
class Line:
    """What one value brought; the value is None without a campaign, keyword or landing page.

    `credits` are the sums in the order of MEASURES; the properties give them as plain numbers, which may have fractions.
    """

    value: str | None
    credits: tuple[int, ...]
    amount_units: tuple[tuple[str, int], ...] = ()
    won_units: tuple[tuple[str, int], ...] = ()

    def number(self, measure: str) -> Decimal:
        """How many calls, answered, first_time, talk_seconds, texts, forms, conversions, leads or customers."""
        return Decimal(self.credits[MEASURES.index(measure)]) / WHOLE

    @property
    def ratios(self) -> dict[str, Decimal | None]:
        """The figures of CALL_RATIOS by name."""
        return call_ratios(self.number)

    @property
    def contacts(self) -> Decimal:
        """How many calls, texts and forms."""
        return sum((self.number(name) for name in ("calls", "texts", "forms")), Decimal(0))

    @property
    def spam(self) -> Decimal:
        """How many calls, texts and forms are spam."""
        return sum((self.number(SPAM_OF[name]) for name in ("calls", "texts", "forms")), Decimal(0))

    @property
    def is_only_spam(self) -> bool:
        """Whether it brought nothing else."""
        spam = {MEASURES.index(name) for name in SPAM_OF.values()}
        return not any(number for index, number in enumerate(self.credits) if index not in spam)

    def with_spam(self) -> Line:
        """The same line with its spam counted like everything else."""
        counted = list(self.credits)
        for name, spam in SPAM_OF.items():
            counted[MEASURES.index(name)] += counted[MEASURES.index(spam)]
        return replace(self, credits=tuple(counted))

    @property
    def amounts(self) -> dict[str, Decimal]:
        """The value of the conversions by currency."""
        return {currency: Decimal(units) / AMOUNT_UNIT for currency, units in self.amount_units}

    @property
    def won(self) -> dict[str, Decimal]:
        """The value of what customers bought by currency."""
        return {currency: Decimal(units) / AMOUNT_UNIT for currency, units in self.won_units}


@dataclass(frozen=True)
class Report:
    """A company's report from the first to the last day, both included; the lines with the most contacts first."""

    company: str
    time_zone: str
    dimension: Dimension
    model: Model
    first: date
    last: date
    lines: Sequence[Line]
    total: Line


def make_report(store: Store, company: Company, dimension: Dimension, model: Model, first: date, last: date) -> Report:
    """The report of a company, from FIRST_DAY to LAST_DAY at most. Days are those of its time zone. Spam is left out, and
    only counted."""
    with store.snapshot() as session:  # one for all reads, even if a worker rolls up at the same time
        return report_within(session, company, dimension, model, first, last)


def report_within(
    session: Session, company: Company, dimension: Dimension, model: Model, first: date, last: date
) -> Report:
    """As `make_report`, within a session that sees one snapshot of the database."""
    return reports_within(session, [company], dimension, model, first, last)[0]


def reports_within(
    session: Session,
    companies: Sequence[Company],
    dimension: Dimension,
    model: Model,
    first: date,
    last: date,
    *,
    with_spam: bool = False,
) -> list[Report]:
    """The report of each company, in their order; each company's days are those of its own time zone."""
    first, last = max(first, FIRST_DAY), min(last, LAST_DAY)
    found = _stored(session, companies, dimension, model, joined(pieces(first, last)))
    for company_id, _, credits, sign in corrections(session, companies, dimension, model, first, last):
        merge(found[company_id], credits, sign)
    return [_report(company, dimension, model, first, last, found[company.id], with_spam) for company in companies]


def _report(
    company: Company, dimension: Dimension, model: Model, first: date, last: date, sums: Sums, with_spam: bool
) -> Report:
    lines = _lines(sums, with_spam)
    return Report(
        company=company.name,
        time_zone=company.time_zone,
        dimension=dimension,
        model=model,
        first=first,
        last=last,
        lines=[line for line in lines if with_spam or not line.is_only_spam],
        total=sum_of(lines),
    )


def corrections(
    session: Session, companies: Sequence[Company], dimension: Dimension, model: Model, first: date, last: date
) -> Iterator[tuple[str, date, Iterable[tuple[tuple[str, str], Sequence[int]]], int]]:
    """The days that were marked since their roll-up, by company: what is stored of each, with the sign -1, and what its
    contacts give now, with the sign 1, both by value and currency."""
    known = {company.id: company for company in companies}
    marked = select(col(DirtyDay.company_id), col(DirtyDay.day)).where(col(DirtyDay.company_id).in_(known)).distinct()
    dirty: dict[str, list[date]] = {}
    for company_id, day in session.execute(marked.where(col(DirtyDay.day) >= first, col(DirtyDay.day) <= last)):
        dirty.setdefault(company_id, []).append(day)
    for company_id, days in dirty.items():
        zone = ZoneInfo(known[company_id].time_zone)
        for day, stored in stored_days(session, company_id, days, (model,), (dimension,)).items():
            current = tally_day(session, company_id, zone, day, (model,), (dimension,))
            for tally, sign in ((stored, -1), (current, 1)):
                yield company_id, day, [((key.value, key.currency), each) for key, each in tally.items()], sign


class Piece(NamedTuple):
    """Roll-ups to read and to add (+1) or subtract (-1). Months and years are given by their first days."""

    table: Table
    first: date
    last: date
    sign: int = 1


Periods = Callable[[date, date], Iterator[Span]]
GRAINS: Sequence[tuple[Table, Periods]] = ((YEAR_TABLE, years_between), (MONTH_TABLE, months_between))


def pieces(first: date, last: date, sign: int = 1, grains: Sequence[tuple[Table, Periods]] = GRAINS) -> Iterator[Piece]:
    """Pieces that add up to a range of days with few rows.

    Whole years and months are read from their own roll-ups. If most days of one are in the range, the whole is read too,
    and the other days are subtracted.
    """
    if first > last:
        return
    if not grains:
        yield Piece(DAY_TABLE, first, last, sign)
        return
    (table, periods), *finer = grains
    for begins, ends in periods(first, last):
        begin, end = max(first, begins), min(last, ends)
        if 2 * (end - begin).days < (ends - begins).days:
            yield from pieces(begin, end, sign, finer)
        else:
            yield Piece(table, begins, begins, sign)
            yield from pieces(begins, begin - ONE_DAY, -sign, finer)
            yield from pieces(end + ONE_DAY, ends, -sign, finer)


def joined(read: Iterable[Piece]) -> list[Piece]:
    """The same pieces; adjacent pieces of one table and sign are joined."""
    found: list[Piece] = []
    for piece in sorted(read, key=lambda piece: (piece.table.name, piece.sign, piece.first)):
        last = found[-1] if found else None
        if last and (last.table, last.sign) == (piece.table, piece.sign) and _follows(piece, last):
            found[-1] = last._replace(last=piece.last)
        else:
            found.append(piece)
    return found


def _follows(piece: Piece, other: Piece) -> bool:
    """Whether a piece begins in the day, month or year after the end of the other."""
    after = {DAY_TABLE.name: ONE_DAY, MONTH_TABLE.name: timedelta(days=31), YEAR_TABLE.name: timedelta(days=366)}
    return piece.first <= other.last + after[piece.table.name]


def _stored(
    session: Session, companies: Sequence[Company], dimension: Dimension, model: Model, read: Sequence[Piece]
) -> dict[str, Sums]:
    """Company → the roll-ups of all pieces added up, by value and currency."""
    values: dict[str, object] = {"companies": [each.id for each in companies], "dimension": dimension, "model": model}
    for place, piece in enumerate(read):
        values |= {f"first{place}": piece.first, f"last{place}": piece.last}
    found: dict[str, Sums] = {each.id: {} for each in companies}
    if not read:  # all days are before the first one that is counted
        return found
    query = _sums_of(tuple((piece.table, piece.sign) for piece in read))
    for company_id, value, currency, *numbers in session.execute(query, values):
        if any(numbers):
            found[company_id][value, currency] = numbers
    return found


@lru_cache(maxsize=64)
def _sums_of(read: tuple[tuple[Table, int], ...]) -> Any:
    """The query that adds up roll-ups of some tables. To make it takes longer than to ask it, so it is kept."""
    parts = []
    for place, (table, sign) in enumerate(read):
        columns = table.c
        measures = ((columns[name] * sign).label(name) for name in MEASURES)
        parts.append(
            select(columns.company_id, columns.value, columns.currency, *measures)
            .where(columns.company_id.in_(bindparam("companies", expanding=True)))
            .where(columns.model == bindparam("model"), columns.dimension == bindparam("dimension"))
            .where(columns.day.between(bindparam(f"first{place}"), bindparam(f"last{place}")))
        )
    rows = union_all(*parts).subquery().c
    key = (rows.company_id, rows.value, rows.currency)
    return select(*key, *(cast(func.sum(rows[name]), BigInteger) for name in MEASURES)).group_by(*key)


def sum_of(lines: Sequence[Line]) -> Line:
    """The sum of all lines as one line."""
    amounts: Counter[str] = Counter()
    won: Counter[str] = Counter()
    for line in lines:
        for total, units in ((amounts, line.amount_units), (won, line.won_units)):
            for currency, each in units:
                total[currency] += each
    columns = zip(*(line.credits for line in lines), strict=True)
    credits = tuple(map(sum, columns)) or (0,) * len(MEASURES)
    return Line(None, credits, tuple(sorted(amounts.items())), tuple(sorted(won.items())))


def _lines(sums: Sums, with_spam: bool) -> list[Line]:
    """One line per value, those with the most contacts first."""
    counts = {value: numbers for (value, currency), numbers in sums.items() if not currency}
    money: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for (value, currency), numbers in sums.items():
        for measure in (AMOUNT, WON):
            if currency and numbers[measure]:
                money.setdefault((value, measure), []).append((currency, numbers[measure]))
    ordered = sorted(
        counts.items(),
        key=lambda each: (-sum(map(each[1].__getitem__, CONTACT_MEASURES)), -each[1][CONVERSIONS], each[0]),
    )
    lines = [
        Line(value or None, tuple(numbers), *(tuple(sorted(money.get((value, each), ()))) for each in (AMOUNT, WON)))
        for value, numbers in ordered
    ]
    return [line.with_spam() for line in lines] if with_spam else lines
