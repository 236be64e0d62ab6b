"""Reports, the consent ledger, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from pydantic import Field
from sqlmodel import Session, col

from hub.model import Company, ConsentEntry
from hub.queries.audit import AuditFilter, audit_page
from hub.queries.lists.filters import MAX_VALUE_CHARACTERS
from hub.queries.lists.keyset import newest_first, page_of
from hub.queries.lists.plan import rows_of
from hub.queries.reports.companies import CompanyFigures, compare_companies
from hub.queries.reports.costs import Account, cost_report
from hub.queries.reports.tables import REPORTS, TableReport, TableRequest, read_table
from hub.reports.costs import By, CostLine
from hub.reports.credits import Model
from hub.reports.report import Line, Report, report_within
from hub.reports.tally import MEASURES, MONEY, Dimension
from hub.web.api.auth import AuthorizedRequest, MayAudit, MayConsent, MayReports
from hub.web.api.paging import After, Limit, Since, Until
from hub.web.api.schemas import (
    AuditEntries,
    AuditEntryAnswer,
    CompaniesReportAnswer,
    CompanyFiguresAnswer,
    ConsentRecordAnswer,
    ConsentRecords,
    CostReportAnswer,
    CostReportLine,
    CostReturn,
    ReportAnswer,
    ReportLine,
    TableReportAnswer,
    shaped,
)
from hub.web.problems import Refusal

COUNTS = tuple(name for name in MEASURES if name not in MONEY)

Text = Annotated[str, Field(max_length=MAX_VALUE_CHARACTERS)]


def add_reports_and_logs(api: FastAPI) -> None:
    """Add the routes for reports, consent records and audit entries."""

    @api.get("/reports/companies", operation_id="getCompaniesReport")
    def companies_report(authorized: MayReports, first: date, last: date) -> CompaniesReportAnswer:
        """The companies side by side, for the days from `first` to `last`."""
        _in_order(first, last)
        scope = authorized.scope
        with authorized.session() as session:
            rows = list(session.exec(scope.select(Company).order_by(col(Company.title))))
            found = compare_companies(session, rows, first, last, with_account=scope.companies is None)
        return CompaniesReportAnswer(
            first=str(first),
            last=str(last),
            lines=[_company_line(each.name, each.title, figures) for each, figures in found.lines],
            total=_company_line(None, f"All {len(found.lines)} companies", found.total),
            unassigned=_texts(found.unassigned),
        )

    for name, each in REPORTS.items():
        _add_table(api, name, each)

    @api.get("/reports/{company}/costs", operation_id="getCostsReport")
    def costs(
        authorized: MayReports, company: str, first: date, last: date, by: By = "source", model: Model = "last"
    ) -> CostReportAnswer:
        """What each source or campaign of a company cost, and what it brought."""
        with authorized.session() as session:
            row = _company(session, authorized, company, first, last)
            account: Account = "apart" if authorized.scope.companies is None else "hidden"
            report = cost_report(session, [row], by, model, first, last, account)
        return CostReportAnswer(
            company=row.name,
            by=by,
            model=model,
            first=str(first),
            last=str(last),
            lines=[_cost_line(line) for line in report.lines],
            total=_cost_line(report.total),
            unassigned={currency: str(amount) for currency, amount in report.unassigned.items()},
        )

    @api.get("/reports/{company}/{dimension}", operation_id="getReport")
    def report(
        authorized: MayReports, company: str, dimension: Dimension, first: date, last: date, model: Model = "last"
    ) -> ReportAnswer:
        """Calls, leads and customers of a company by source, campaign, keyword or landing page."""
        with authorized.session() as session:
            row = _company(session, authorized, company, first, last)
            return _to_answer(report_within(session, row, dimension, model, first, last))

    @api.get("/consent", operation_id="listConsent")
    def consent(authorized: MayConsent, after: After = None, limit: Limit = 50) -> ConsentRecords:
        """The records of the consent ledger, the newest first."""
        with authorized.session() as session:
            parts = rows_of(session, authorized.scope, ConsentEntry, newest_first(ConsentEntry.id))
            found = page_of(session, parts, after, limit)
        return ConsentRecords(records=shaped(ConsentRecordAnswer, found.items), next=found.next)

    @api.get("/audit", operation_id="listAuditEntries")
    def audit(
        authorized: MayAudit,
        who: Annotated[Text | None, Query(description="The id of a user, or another actor.")] = None,
        action: Annotated[Text | None, Query(description="Like `users.add`, or `users.` for the whole area.")] = None,
        subject: Annotated[Text | None, Query(description="The id of what was acted on.")] = None,
        since: Since = None,
        until: Until = None,
        after: After = None,
        limit: Limit = 50,
    ) -> AuditEntries:
        """The account's audit log, the newest entry first."""
        actors = (who,) if who else ()
        wanted = AuditFilter(since=since, until=until, actors=actors, action=action, subject=subject)
        with authorized.session() as session:
            found = audit_page(session, authorized.scope, wanted, after, limit)
        return AuditEntries(entries=shaped(AuditEntryAnswer, found.items), next=found.next)


def _add_table(api: FastAPI, name: str, report: TableReport) -> None:
    @api.get(f"/reports/{name}", operation_id=f"get{name.capitalize()}Report", description=report.sentence)
    def table(
        authorized: MayReports,
        first: date,
        last: date,
        company: Annotated[Text | None, Query(description="A company's name; all if left out.")] = None,
    ) -> TableReportAnswer:
        _in_order(first, last)
        with authorized.session() as session:
            query = authorized.scope.select(Company).order_by(col(Company.title))
            rows = [_company(session, authorized, company, first, last)] if company else list(session.exec(query))
            request = TableRequest(session, authorized.scope, rows, (first, last))
            return TableReportAnswer(
                report=name, first=str(first), last=str(last), columns=report.columns, lines=read_table(name, request)
            )


def _company(session: Session, authorized: AuthorizedRequest, name: str, first: date, last: date) -> Company:
    """The company of a report; 404 if the user does not see it, 422 if the days are the wrong way round."""
    _in_order(first, last)
    row: Company | None = session.exec(authorized.scope.select(Company).where(Company.name == name)).first()
    if row is None:
        raise HTTPException(404, "Not found")
    return row


def _in_order(first: date, last: date) -> None:
    if first > last:
        raise Refusal("invalid_parameter", "The report would end before it begins; swap first and last.", "last")


def _company_line(name: str | None, title: str, figures: CompanyFigures) -> CompanyFiguresAnswer:
    values = figures.figures()
    values["costs"] = {currency: CostReturn(**_texts(each)) for currency, each in values["costs"].items()}
    return CompanyFiguresAnswer(company=name, title=title, **{**values, "won": _texts(values["won"])})


def _cost_line(line: CostLine) -> CostReportLine:
    return CostReportLine(
        value=line.value,
        spend_of=line.spend_of or None,
        names=list(line.names),
        calls=float(line.credits.number("calls")),
        leads=float(line.credits.number("leads")),
        customers=float(line.credits.number("customers")),
        won=_texts(line.credits.won),
        clicks=line.clicks,
        impressions=line.impressions,
        costs={currency: CostReturn(**_texts(each.figures())) for currency, each in line.returns.items()},
    )


def _texts(amounts: Mapping[str, Decimal | None]) -> dict[str, Any]:
    """Amounts as texts, at most four decimals."""
    return {name: None if amount is None else str(round(amount, 4)) for name, amount in amounts.items()}


def _to_answer(report: Report) -> ReportAnswer:
    return ReportAnswer(
        company=report.company,
        dimension=report.dimension,
        model=report.model,
        first=str(report.first),
        last=str(report.last),
        lines=[_line(line) for line in report.lines],
        total=_line(report.total),
    )


def _line(line: Line) -> ReportLine:
    numbers = {name: float(line.number(name)) for name in COUNTS}
    ratios = {name: None if each is None else float(each) for name, each in line.ratios.items()}
    return ReportLine(
        value=line.value, numbers=numbers, ratios=ratios, amounts=_texts(line.amounts), won=_texts(line.won)
    )
