"""The report of companies: one row each, its calls week by week, and a sentence on who stands out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session

from hub.model import Company
from hub.platform.formats import money
from hub.queries.lists.filters import IS_LEAD
from hub.queries.reports.companies import CompaniesReport, CompanyFigures, compare_companies
from hub.web.pages.reports.costs import each_currency, known_cost
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Line, ReportTable, Row, column_of

FEW_CALLS = 10
"""A company with fewer does not stand out by its share of answered calls."""


def company_lines(session: Session, companies: Sequence[Company], choice: Choice) -> tuple[list[Column], list[Line]]:
    """A line per company, with columns for each currency of the costs."""
    period, before = choice.period, choice.before
    former = (before.first, before.last) if before else None
    report = compare_companies(session, companies, period.first, period.last, former, last_over=period.last_over)
    return _columns(report, is_compared=before is not None), [_line(*each) for each in report.lines]


def _columns(report: CompaniesReport, *, is_compared: bool) -> list[Column]:
    currencies = list(report.total.costs.returns)
    change = Column("change", "Change", signed=True, definition="Calls more or fewer than in the period before.")
    return [
        column_of("calls", filters={"kind": "call"}),
        *([change] if is_compared else []),
        column_of("answered", filters={"outcome": "answered"}),
        column_of("leads", filters={"lead": IS_LEAD}),
        *each_currency("cost", currencies, may_be_unknown=True),
        *each_currency("per_lead", currencies),
        column_of("delivered"),
    ]


def _line(company: Company, figures: CompanyFigures) -> Line:
    values = {name: figures.brought.number(name) for name in ("calls", "answered", "leads")}
    values["change"] = values["calls"] - figures.former.number("calls")
    values["delivered"] = Decimal(figures.delivered)
    for currency, each in figures.costs.returns.items():
        values |= known_cost(currency, each)
    worst = [("bad", figures.rejected, "rejected"), ("held", figures.held, "held")]
    state = next(((kind, f"{number:,} {word}") for kind, number, word in worst if number), None)
    return Line(
        company.id,
        company.title,
        values,
        company.region or "",
        filters={"company": company.name},
        weeks=figures.weeks,
        states={"delivered": state} if state else {},
    )


def who_stands_out(table: ReportTable) -> str:
    """Which company grew most, pays most for a lead, and answers the smallest part of its calls."""
    said: dict[str, list[str]] = {}
    prices = [column for column in table.columns if column.key.startswith("per_lead:")]
    grown = _extreme(table, "change", largest=True)
    dearest = _extreme(table, prices[0].key, largest=True) if prices else None
    least = _extreme(table, "answered", largest=False)
    if grown and grown[1] > 0:
        said.setdefault(grown[0].label, []).append(
            f"grows fastest, by {grown[1]:,.0f} call{'' if grown[1] == 1 else 's'}"
        )
    if dearest:
        price = money(dearest[1], prices[0].currency, whole=True)
        said.setdefault(dearest[0].label, []).append(f"pays most for a lead, {price}")
    if least and least[1] < 1:
        said.setdefault(least[0].label, []).append(f"answers least, {100 * least[1]:.0f}% of its calls")
    return " ".join(f"{label} {', and '.join(words)}." for label, words in said.items())


def _extreme(table: ReportTable, key: str, *, largest: bool) -> tuple[Row, Decimal] | None:
    """The row with the largest or smallest figure of a column, if at least two rows have one."""
    place = next((number for number, column in enumerate(table.columns) if column.key == key), None)
    if place is None:
        return None
    known = [
        (row, value)
        for row in table.rows
        if (value := row.cells[place].value) is not None
        and (key != "answered" or (row.cells[0].value or 0) >= FEW_CALLS)
    ]
    if len(known) < 2:
        return None
    return (max if largest else min)(known, key=lambda each: each[1])
