"""What advertising cost and brought, over one or several companies: cost per call, lead and customer, return on spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col

from hub.model import Company, CostRow
from hub.queries.reports.credits import joined_lines
from hub.reports.costs import By, CostLine, match_costs, paid_by_company, spent_between, spent_by_company, total_of
from hub.reports.credits import Model
from hub.reports.report import reports_within

Account = Literal["included", "apart", "hidden"]
"""Where the costs of the whole account are shown."""


@dataclass(frozen=True)
class CostReport:
    """The lines, the most expensive first, and their sum."""

    lines: Sequence[CostLine]
    total: CostLine
    unassigned: Mapping[str, Decimal]
    """Costs of the account that belong to no single company and are in no line, by currency."""


def cost_report(
    session: Session,
    companies: Sequence[Company],
    by: By,
    model: Model,
    first: date,
    last: date,
    account: Account = "included",
) -> CostReport:
    """The report of a range of days: of a company's time zone for calls, of the ad account's for costs.

    Costs that belong to the whole account may be in the lines if `companies` are all of it; else they are added up `apart`, or
    `hidden` from a user who may not see all companies.
    """
    reports = reports_within(session, companies, by, model, first, last)
    spent = spent_by_company(session, companies, first, last)
    whole = spent_between(session, _of_account(companies), first, last) if account == "included" else []
    parts = [
        match_costs(report.lines, spent.get(company.id, []), by)
        for company, report in zip(companies, reports, strict=True)
    ]
    joined = match_costs(joined_lines(reports), [*whole, *(each for theirs in spent.values() for each in theirs)], by)
    lines = paid_by_company(joined, parts, whole)
    left = unassigned_costs(session, companies, first, last) if account == "apart" else {}
    return CostReport(lines, total_of(lines), left)


def unassigned_costs(session: Session, companies: Sequence[Company], first: date, last: date) -> dict[str, Decimal]:
    """The costs of the companies' account that belong to no single company, by currency."""
    left: dict[str, Decimal] = {}
    for each in spent_between(session, _of_account(companies), first, last):
        left[each.currency] = left.get(each.currency, Decimal(0)) + each.amount
    return left


def _of_account(companies: Sequence[Company]) -> ColumnElement[bool]:
    accounts = {company.account_id for company in companies}
    return and_(col(CostRow.account_id).in_(accounts), col(CostRow.company_id).is_(None))
