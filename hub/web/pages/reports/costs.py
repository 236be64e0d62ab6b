"""The report of costs: what each source or campaign cost, a call, a lead and a customer of it, and the return on spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from hub.model import Company
from hub.platform.formats import money
from hub.queries.reports.costs import Account, CostReport, cost_report, unassigned_costs
from hub.reports.costs import By, CostLine, Return
from hub.web.pages.periods import Period
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Figures, Line

BY: Mapping[str, str] = {"source": "by source", "campaign": "by campaign"}
LEAD = "Calls, texts and forms that were marked as qualified or booked, or that have a deal in the CRM."
CUSTOMER = "Leads that were marked as booked, or whose deal was won."
KNOWN = "Only sources and campaigns whose cost is known count."


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
    columns = []
    for code in currencies:
        columns.append(Column(f"cost:{code}", _titled("Cost", code, currencies), "money", currency=code))
    columns.append(Column("calls", "Calls", filters={"kind": "call"}))
    columns += _prices("call", "calls", currencies, KNOWN)
    columns.append(Column("leads", "Leads", definition=LEAD))
    columns += _prices("lead", "leads", currencies)
    columns.append(Column("customers", "Customers", definition=CUSTOMER))
    columns += _prices("customer", "customers", currencies)
    for code in currencies:
        won, title = f"won:{code}", _titled("Won", code, currencies)
        definition = "What these customers bought: their won deals, or the value that a user gave the lead."
        columns.append(Column(won, title, "money", currency=code, definition=definition))
        title = _titled("Return", code, currencies)
        definition = (
            "Won for each unit spent, where both are in one currency. 100% means that the ads paid for themselves."
        )
        columns.append(Column(f"return:{code}", title, "percent", per=f"cost:{code}", definition=definition))
    if report.total.clicks:
        columns.append(Column("clicks", "Clicks", definition="Clicks on the ads, as the network counts them."))
    return columns


def _prices(of: str, measure: str, currencies: Sequence[str], definition: str | None = None) -> list[Column]:
    return [
        Column(
            f"per_{of}:{code}",
            _titled(f"Per {of}", code, currencies),
            "price",
            per=f"{measure}:{code}",
            currency=code,
            definition=definition,
        )
        for code in currencies
    ]


def _titled(title: str, currency: str, currencies: Sequence[str]) -> str:
    return title if len(currencies) == 1 else f"{title}, {currency}"


def _line(line: CostLine, by: By, choice: Choice) -> Line:
    linked = choice.model == "last" and len(line.values) == 1
    nothing = f"{line.spend_of}, no campaign" if line.spend_of else "No campaign"
    sub = ", ".join(line.names) if by == "campaign" and line.value else ""
    key = line.value or f"\n{line.spend_of}"
    return Line(key, line.value or nothing, _figures(line), sub, {by: line.values[0]} if linked else None)


def _figures(line: CostLine) -> Figures:
    figures = {name: line.credits.number(name) for name in ("calls", "leads", "customers")}
    figures["clicks"] = Decimal(line.clicks)
    for currency, each in line.returns.items():
        figures |= {f"{name}:{currency}": value for name, value in _of_currency(each).items()}
    return figures


def _of_currency(each: Return) -> Figures:
    """The figures of one currency; prices are the cost until the table divides it, for lines and for their sum."""
    figures = {name: getattr(each, name) for name in ("cost", "calls", "leads", "customers")}
    figures |= dict.fromkeys(("per_call", "per_lead", "per_customer"), each.cost)
    return figures if each.won is None else {**figures, "won": each.won, "return": each.won}
