"""Reports, the consent ledger, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import BeforeValidator
from sqlmodel import Session

from hub.model import Company
from hub.queries.audit import AuditFilter, audit_page
from hub.queries.privacy.ledger import LedgerChoice, ledger_page
from hub.queries.reports.companies import CompanyFigures, compare_companies
from hub.queries.reports.costs import Account, cost_report
from hub.queries.reports.credits import joint_report
from hub.queries.reports.tables import REPORTS, TableReport, TableRequest, read_table
from hub.reports.costs import By, CostLine
from hub.reports.credits import Model
from hub.reports.report import Line, Report
from hub.reports.tally import MEASURES, MONEY, Dimension
from hub.web.api.auth import AuthorizedRequest, MayAudit, MayConsent, MayReports
from hub.web.api.paging import (
    MAX_NAMES_CHARACTERS,
    After,
    CompanyName,
    Day,
    Limit,
    Since,
    Until,
    Words,
    companies_of,
    company_ids,
)
from hub.web.api.schemas import Answer, Page, shaped
from hub.web.problems import Refusal

COUNTS = tuple(name for name in MEASURES if name not in MONEY)

Text = Words
Companies = Annotated[
    str, Path(max_length=MAX_NAMES_CHARACTERS, description="A company's name; several with commas between them.")
]


class ReportLine(Answer):
    """The results of one value; numbers may be fractions if several touches share a call. A ratio of nothing is null."""

    value: str | None
    numbers: Mapping[str, float]
    ratios: Mapping[str, float | None]
    amounts: Mapping[str, str]
    won: Mapping[str, str]


class ReportAnswer(Answer):
    """The report of a company, or of several together; days are those of each one's time zone. `total` is the sum of
    the lines."""

    company: str
    dimension: str
    model: str
    first: str
    last: str
    lines: list[ReportLine]
    total: ReportLine


class CostReturn(Answer):
    """What one currency's costs brought; amounts are texts, so that no digit is lost. The ratios rest on the calls, leads,
    customers and won amounts `…_with_cost`: those of the sources or campaigns whose cost in the currency is known."""

    cost: str
    per_call: str | None
    per_lead: str | None
    per_customer: str | None
    on_spend: str | None
    calls_with_cost: str
    leads_with_cost: str
    customers_with_cost: str
    won_with_cost: str | None


class CostReportLine(Answer):
    """What one source or campaign cost and brought; costs by currency."""

    value: str | None
    spend_of: str | None
    names: list[str]
    calls: float
    leads: float
    customers: float
    won: Mapping[str, str]
    clicks: int
    impressions: int
    costs: Mapping[str, CostReturn]


class CostReportAnswer(Answer):
    """The report of costs of a company, or of several together. `unassigned` belongs to the whole account and is in no line."""

    company: str
    by: str
    model: str
    first: str
    last: str
    lines: list[CostReportLine]
    total: CostReportLine
    unassigned: Mapping[str, str]


class CompanyFiguresAnswer(Answer):
    """What one company got, what it cost, and what was sent; `calls_by_week` are those of the last eight whole weeks."""

    company: str | None
    """Its name; None for the total."""
    title: str
    calls: float
    answered: float
    leads: float
    customers: float
    calls_before: float
    won: Mapping[str, str]
    costs: Mapping[str, CostReturn]
    delivered: int
    held: int
    rejected: int
    calls_by_week: list[int]


class CompaniesReportAnswer(Answer):
    """The companies side by side; `total` is the sum of the lines, `unassigned` belongs to the whole account and is in none."""

    first: str
    last: str
    lines: list[CompanyFiguresAnswer]
    total: CompanyFiguresAnswer
    unassigned: Mapping[str, str]


class TableReportAnswer(Answer):
    """A report as a table: `columns` are the titles of the figures in each line."""

    report: str
    first: str
    last: str
    columns: Mapping[str, str]
    lines: list[Mapping[str, Any]]


class ConsentRecordAnswer(Answer):
    """One record of the consent ledger; people appear only as ids."""

    id: str
    company_id: str
    person_id: str | None
    state: str
    use: str
    basis: str
    channel: str
    stated_at: datetime
    lapses_at: datetime | None


class AuditEntryAnswer(Answer):
    """One entry of the account's audit log. `request_id` is the `X-Request-Id` of the request that did it; null if none
    of the API did."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    request_id: Annotated[str | None, BeforeValidator(lambda sent: sent or None)]


class ConsentRecords(Page):
    """Some records of the consent ledger."""

    records: list[ConsentRecordAnswer]


class AuditEntries(Page):
    """Some entries of the audit log."""

    entries: list[AuditEntryAnswer]


def add_reports_and_logs(api: FastAPI) -> None:
    """Add the routes for reports, consent records and audit entries."""

    @api.get("/reports/companies", operation_id="getCompaniesReport")
    def companies_report(
        authorized: MayReports, first: Day, last: Day, company: CompanyName = None
    ) -> CompaniesReportAnswer:
        """The companies side by side, all or some, for the days from `first` to `last`."""
        _in_order(first, last)
        scope = authorized.scope
        with authorized.session() as session:
            rows = companies_of(session, scope, company)
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
        authorized: MayReports, company: Companies, first: Day, last: Day, by: By = "source", model: Model = "last"
    ) -> CostReportAnswer:
        """What each source or campaign of companies cost, and what it brought."""
        with authorized.session() as session:
            rows = _companies(session, authorized, company, first, last)
            account: Account = "apart" if authorized.scope.companies is None else "hidden"
            report = cost_report(session, rows, by, model, first, last, account)
        return CostReportAnswer(
            company=", ".join(each.name for each in rows),
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
        authorized: MayReports, company: Companies, dimension: Dimension, first: Day, last: Day, model: Model = "last"
    ) -> ReportAnswer:
        """Calls, leads and customers of companies by source, campaign, keyword or landing page."""
        with authorized.session() as session:
            rows = _companies(session, authorized, company, first, last)
            return _to_answer(joint_report(session, rows, dimension, model, first, last))

    @api.get("/consent", operation_id="listConsent")
    def consent(
        authorized: MayConsent,
        company: CompanyName = None,
        person: Annotated[Text | None, Query(description="The id of a person.")] = None,
        use: Annotated[Text | None, Query(description="Like `marketing`, with all that is below it.")] = None,
        channel: Annotated[Text | None, Query(description="Like `phone` or `form`.")] = None,
        state: Annotated[Text | None, Query(description="Like `given` or `withdrawn`.")] = None,
        after: After = None,
        limit: Limit = 50,
    ) -> ConsentRecords:
        """The records of the consent ledger, the newest first. Of many records that filters leave out, a page looks through
        some thousands: it may have fewer rows than `limit`, and the list ends where `next` is null."""
        choice = LedgerChoice(state=state, use=use, channel=channel, person_id=person)
        with authorized.session() as session:
            ids = company_ids(session, authorized.scope, company)
            found, _ = ledger_page(session, ids, choice, after, limit)
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
        first: Day,
        last: Day,
        company: CompanyName = None,
    ) -> TableReportAnswer:
        _in_order(first, last)
        with authorized.session() as session:
            rows = companies_of(session, authorized.scope, company)
            request = TableRequest(session, authorized.scope, rows, (first, last), authorized.hub.clock())
            return TableReportAnswer(
                report=name, first=str(first), last=str(last), columns=report.columns, lines=read_table(name, request)
            )


def _companies(session: Session, authorized: AuthorizedRequest, names: str, first: Day, last: Day) -> list[Company]:
    """The companies of a report; 404 if the user does not see them, 422 if the days are the wrong way round."""
    _in_order(first, last)
    return companies_of(session, authorized.scope, names)


def _in_order(first: Day, last: Day) -> None:
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
