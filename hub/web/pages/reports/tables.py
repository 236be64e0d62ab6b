"""A report's table: figures by column with their change, totals, shares and links, in the order that the URL asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hub.platform.formats import NOTHING, duration, money
from hub.reports.definitions import DEFINITIONS, Definition, Shape

Figures = Mapping[str, Decimal]
Link = Callable[[Mapping[str, str]], str | None]
"""Parameters of the list of calls → its URL; None if the reader may not see it."""


@dataclass(frozen=True)
class Column:
    """One column. A figure is the sum of `key`, or its ratio to `per`."""

    key: str
    title: str
    shape: Shape = "count"
    per: str | None = None
    currency: str | None = None
    definition: str | None = None
    filters: Mapping[str, str] | None = None
    """What selects the calls behind a figure, besides the row's own filters; None if the list cannot."""
    signed: bool = False
    """Whether its figures are differences, which have a sign."""
    may_be_unknown: bool = False
    """Whether a row without the figure has an unknown one, and not zero."""
    basis: tuple[str, Definition] | None = None
    """The figure that a ratio rests on, and the ratio's definition."""

    def value(self, figures: Figures) -> Decimal | None:
        """The figure; None if it does not apply."""
        if self.per is None:
            return figures.get(self.key, None if self.may_be_unknown else Decimal(0))
        part, whole = figures.get(self.key), figures.get(self.per)
        return part / whole if whole and part is not None else None

    def text(self, value: Decimal | None) -> str:
        """A figure as people read it."""
        if value is None:
            return NOTHING
        if self.signed:
            return _signed(value, f"{abs(value):,.0f}")
        if self.shape == "percent":
            return f"{100 * value:.0f}%"
        if self.shape == "duration":
            return duration(round(value))
        if self.shape == "money":
            return money(value, self.currency, whole=True)
        if self.shape == "price":
            return money(value, self.currency)
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"

    def basis_words(self, figures: Figures, *, total: bool) -> str:
        """What the ratio rests on, like `12 leads`; empty for another figure, or if it is not known."""
        if self.basis is None or self.value(figures) is None:
            return ""
        key, definition = self.basis
        return definition.basis(figures.get(key), total=total)

    def change(self, value: Decimal | None, before: Decimal | None) -> str | None:
        """The difference to the period before, with its sign; None if there is nothing to compare."""
        if value is None or before is None:
            return None
        if self.shape == "percent":
            points = round(100 * value) - round(100 * before)
            return _signed(points, f"{abs(points)} pt")
        return _signed(value - before, self.text(abs(value - before)))


def column_of(name: str, **changes: Any) -> Column:
    """The column of a figure as it is defined for all reports."""
    defined = DEFINITIONS[name]
    values = {"key": name, "title": defined.title, "shape": defined.shape, "per": defined.per}
    return Column(**{**values, "definition": defined.sentence, **changes})


@dataclass(frozen=True)
class Line:
    """One row before it is shown. `filters` select its calls; None if the list of calls cannot."""

    key: str
    label: str
    figures: Figures
    sub: str = ""
    filters: Mapping[str, str] | None = field(default_factory=dict)
    order: str = ""
    """What it is sorted by as a name; its label by default."""
    weeks: tuple[int, ...] = ()
    """Calls week by week, for a small line in its row."""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Column → a state of what it counts, such as held: its kind, and its words."""

    @property
    def name(self) -> str:
        """The sort key of its name."""
        return self.order or self.label.casefold()


@dataclass(frozen=True)
class Cell:
    """One figure as it is shown."""

    value: Decimal | None
    text: str
    before: Decimal | None = None
    change: str | None = None
    href: str | None = None
    basis: str = ""
    """What a ratio rests on, in words."""


@dataclass(frozen=True)
class Row:
    """One row as it is shown."""

    label: str
    sub: str
    href: str | None
    cells: tuple[Cell, ...]
    share: float
    """Its part of the largest row, 0 to 1."""
    weeks: tuple[int, ...] = ()
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportTable:
    """A report's rows in order, and their totals."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: tuple[Cell, ...]
    sort: str
    descending: bool
    compared: bool
    """Whether there was something in the period before."""
    weeks: tuple[int, ...] = ()
    """The weeks of all rows."""

    def part(self, offset: int, most: int) -> tuple[Row, ...]:
        """Some of the rows."""
        return self.rows[offset : offset + most]


def table_of(
    columns: Sequence[Column],
    lines: Sequence[Line],
    before: Mapping[str, Figures] | None,
    link: Link,
    sort: str = "",
    order: str = "",
) -> ReportTable:
    """The table of some lines; `before` has the figures of the former period by the lines' keys, None without one.

    `sort` is a column's key, or `name`; else the first column. Figures begin with the largest, names with A, unless
    `order` is the other way round.
    """
    first = columns[0]
    sizes = {line.key: abs(first.value(line.figures) or Decimal(0)) for line in lines}
    peak = max([*sizes.values(), Decimal(0)])
    chosen = None if sort == "name" else next((each for each in columns if each.key == sort), first)
    descending = order != "asc" if chosen else order == "desc"
    rows = tuple(
        Row(
            line.label,
            line.sub,
            None if line.filters is None else link(line.filters),
            _cells(columns, line.figures, None if before is None else before.get(line.key, {}), link, line.filters),
            float(sizes[line.key] / peak) if peak else 0.0,
            line.weeks,
            line.states,
        )
        for line in _in_order(lines, chosen, descending)
    )
    former = None if before is None else sum_of(before.values())
    total = _cells(columns, sum_of(line.figures for line in lines), former, link, {}, is_total=True)
    compared = former is not None and any(former.values())
    weeks = tuple(map(sum, zip(*(line.weeks for line in lines), strict=True)))
    return ReportTable(tuple(columns), rows, total, chosen.key if chosen else "name", descending, compared, weeks)


def _in_order(lines: Sequence[Line], column: Column | None, descending: bool) -> list[Line]:
    """Lines by a column, or by name; of equal figures the first name comes first."""
    named = sorted(lines, key=lambda line: line.name, reverse=descending and column is None)
    if column is None:
        return named
    values = {line.key: column.value(line.figures) for line in lines}
    return sorted(named, key=lambda line: _or_least(values[line.key]), reverse=descending)


def _or_least(value: Decimal | None) -> Decimal:
    return Decimal("-Infinity") if value is None else value


def sum_of(figures: Iterable[Figures]) -> Figures:
    """The figures of several lines added up."""
    total: dict[str, Decimal] = {}
    for each in figures:
        for key, value in each.items():
            total[key] = total.get(key, Decimal(0)) + value
    return total


def _cells(
    columns: Sequence[Column],
    figures: Figures,
    before: Figures | None,
    link: Link,
    filters: Mapping[str, str] | None,
    *,
    is_total: bool = False,
) -> tuple[Cell, ...]:
    cells = []
    for column in columns:
        value = column.value(figures)
        former = None if before is None else column.value(before)
        linked = filters is not None and column.filters is not None and figures.get(column.key)
        href = link({**(filters or {}), **(column.filters or {})}) if linked else None
        basis = column.basis_words(figures, total=is_total)
        cells.append(Cell(value, column.text(value), former, column.change(value, former), href, basis))
    return tuple(cells)


def _signed(difference: Decimal | int, text: str) -> str:
    return "0" if not difference else f"+{text}" if difference > 0 else f"−{text}"
