"""The companies of an account side by side: what each got, what it cost, what was sent, and its calls week by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from hub.model import Company
from hub.model.states import DeliveryState
from hub.queries.conversions.activity import REFUSED
from hub.queries.reports.activity import deliveries_by_company
from hub.queries.reports.costs import unassigned_costs
from hub.reports.calendar import Span, own_days, span_before
from hub.reports.costs import CostLine, match_costs, spent_by_company, total_of
from hub.reports.report import Line, reports_within, sum_of
from hub.reports.weeks import NO_LINE, weeks_until, weeks_within

WEEKS = 8


@dataclass(frozen=True)
class CompanyFigures:
    """One company, or all of them. Calls, texts and forms count for the touch before them."""

    brought: Line
    former: Line
    """What came in the period before."""
    costs: CostLine
    """What the ads cost; its returns count only the leads of sources whose cost is known."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """State, as people see it → deliveries of the conversions of the period."""
    weeks: tuple[int, ...] = ()
    """Calls of the last whole weeks until the end of the period."""

    @property
    def delivered(self) -> int:
        """Conversions that an ad network confirmed, one for each network."""
        return self._sent((DeliveryState.DELIVERED,))

    @property
    def rejected(self) -> int:
        """Deliveries that a network refused, or did not take in time."""
        return self._sent(REFUSED)

    @property
    def held(self) -> int:
        """Deliveries that consent holds."""
        return self._sent((DeliveryState.HELD,))

    def figures(self) -> dict[str, Any]:
        """Everything by its name in files and APIs."""
        return {
            **{name: self.brought.number(name) for name in ("calls", "answered", "leads", "customers")},
            "calls_before": self.former.number("calls"),
            "won": self.brought.won,
            "costs": {currency: each.figures() for currency, each in self.costs.returns.items()},
            "delivered": self.delivered,
            "held": self.held,
            "rejected": self.rejected,
            "calls_by_week": self.weeks,
        }

    def _sent(self, states: Iterable[str]) -> int:
        return sum(self.sent.get(state, 0) for state in states)


@dataclass(frozen=True)
class CompaniesReport:
    """A line per company, in the order of the question, and their sum."""

    lines: Sequence[tuple[Company, CompanyFigures]]
    total: CompanyFigures
    unassigned: Mapping[str, Decimal]
    """Costs of the account that belong to no single company and are in no line, by currency."""


def compare_companies(
    session: Session,
    companies: Sequence[Company],
    first: date,
    last: date,
    former: Span | None = None,
    *,
    last_over: date | None = None,
    with_account: bool = False,
) -> CompaniesReport:
    """The companies in a range of days and in a former one (that before it), each in its own time zone. Weeks end with
    `last_over`, if the last day is not over. `with_account` adds up the costs that belong to the whole account; leave it out
    for a user who may not see all companies."""
    now = reports_within(session, companies, "source", "last", first, last)
    before = reports_within(session, companies, "source", "last", *(former or span_before(first, last)))
    spent = spent_by_company(session, companies, first, last)
    sent = deliveries_by_company(session, own_days(companies, first, last))
    weeks = weeks_within(session, companies, weeks_until(last_over or last, WEEKS), WEEKS, ("calls",))
    lines = []
    for company, report, old in zip(companies, now, before, strict=True):
        costs = total_of(match_costs(report.lines, spent.get(company.id, []), "source"))
        calls = tuple(int(each.number("calls")) for each in weeks.get(company.id, [NO_LINE] * WEEKS))
        figures = CompanyFigures(report.total, old.total, costs, sent.get(company.id, {}), calls)
        lines.append((company, figures))
    unassigned = unassigned_costs(session, companies, first, last) if with_account else {}
    return CompaniesReport(lines, _total([figures for _, figures in lines]), unassigned)


def _total(lines: Sequence[CompanyFigures]) -> CompanyFigures:
    sent: Counter[str] = Counter()
    for line in lines:
        sent.update(line.sent)
    return CompanyFigures(
        sum_of([line.brought for line in lines]),
        sum_of([line.former for line in lines]),
        total_of([line.costs for line in lines]),
        sent,
        tuple(map(sum, zip(*(line.weeks for line in lines), strict=True))),
    )
