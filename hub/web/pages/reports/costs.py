"""The report of costs: what each source or campaign cost, a call, a lead and a customer of it, and the return on spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from hub.contracts.titles import line_title
from hub.model import Company
from hub.platform.formats import money
from hub.queries.lists.filters import IS_LEAD
from hub.queries.reports.costs import Account, CostReport, cost_report, unassigned_costs
from hub.reports.costs import By, CostLine, Return
from hub.reports.definitions import DEFINITIONS
from hub.reports.tally import NO_CURRENCY
from hub.web.pages.periods import Period
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Figures, Line, column_of

BY: Mapping[str, str] = {"source": "by source", "campaign": "by campaign"}
FILTERS: Mapping[str, Mapping[str, str]] = {"calls": {"kind": "call"}, "leads": {"lead": IS_LEAD}}
"""Figure → what selects its calls in the list."""


def cost_lines(
    session: Session, companies: Sequence[Company], period: Period, choice: Choice, account: Account
) -> tuple[list[Column], list[Line]]:
    """A line per source or campaign, with columns for each currency."""
    by: By = "campaign" if choice.is_by_campaign else "source"
    report = cost_report(session, companies, by, choice.model, period.first, period.last, account)
    return _columns(report), [_line(line, by, choice) for line in report.lines]


def unassigned_words(session: Session, companies: Sequence[Company], first: date, last: date) -> str:
    """How much the account spent that is in no company's report; empty if nothing."""
    found = unassigned_costs(session, companies, first, last)
    return " and ".join(money(amount, currency) for currency, amount in sorted(found.items()))


def _columns(report: CostReport) -> list[Column]:
    currencies = list(report.total.returns)
    known = [*currencies, *(code for code in report.total.credits.won if code not in currencies)]
    columns = each_currency("cost", currencies, may_be_unknown=True)
    for name, ratio in (("calls", "per_call"), ("leads", "per_lead"), ("customers", "per_customer")):
        columns += [column_of(name, filters=FILTERS.get(name)), *each_currency(ratio, currencies)]
    columns += each_currency("won", known)
    columns += each_currency("on_spend", currencies)
    return columns + ([column_of("clicks")] if report.total.clicks else [])


def each_currency(name: str, currencies: Sequence[str], **changes: Any) -> list[Column]:
    """The column of a figure for each currency; the title says which if there are several. A ratio is divided by the table,
    for lines and for their sum."""
    defined = DEFINITIONS[name]
    columns = []
    for code in currencies:
        title = defined.title if len(currencies) == 1 else f"{defined.title}, {code}"
        if defined.rests_on and defined.per:
            changes["per"] = f"known_{defined.per}:{code}"
            changes["basis"] = (f"known_{defined.rests_on}:{code}", defined)
        columns.append(
            column_of(
                name, key=f"{name}:{code}", title=title, currency=None if code == NO_CURRENCY else code, **changes
            )
        )
    return columns


def known_cost(currency: str, spent: Return) -> Figures:
    """A cost, and the leads that a cost per lead in its currency rests on."""
    return {f"cost:{currency}": spent.cost, f"per_lead:{currency}": spent.cost, f"known_leads:{currency}": spent.leads}


def _line(line: CostLine, by: By, choice: Choice) -> Line:
    linked = choice.model == "last" and len(line.values) == 1
    nothing = f"{line.spend_of}, no campaign" if line.spend_of else "No campaign"
    sub = ", ".join(line.names) if by == "campaign" and line.value else ""
    key = line.value or f"\n{line.spend_of}"
    return Line(
        key, line_title(by, line.value or "") or nothing, _figures(line), sub, {by: line.values[0]} if linked else None
    )


def _figures(line: CostLine) -> Figures:
    figures = {name: line.credits.number(name) for name in ("calls", "leads", "customers")}
    figures |= {f"won:{currency}": amount for currency, amount in line.credits.won.items()}
    figures["clicks"] = Decimal(line.clicks)
    for currency, each in line.returns.items():
        known = {name: getattr(each, name) for name in ("cost", "calls", "leads", "customers")}
        figures |= {f"known_{name}:{currency}": value for name, value in known.items()}
        figures |= {f"{name}:{currency}": each.cost for name in ("cost", "per_call", "per_lead", "per_customer")}
        if each.won is not None:
            figures[f"on_spend:{currency}"] = each.won
    return figures
