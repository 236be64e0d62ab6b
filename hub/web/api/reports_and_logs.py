"""Reports, the consent ledger, and the audit log."""

from __future__ import annotations

from datetime import date

from fastapi import Depends, FastAPI, HTTPException

from hub.model import AuditEntry, Company, ConsentEntry
from hub.queries.paging import page_of
from hub.reports.credits import Model
from hub.reports.report import Report, report_within
from hub.reports.tally import MEASURES, MONEY, Dimension
from hub.web.api.auth import Authenticator, AuthorizedRequest
from hub.web.api.paging import After, Limit
from hub.web.api.schemas import (
    AuditAnswer,
    AuditEntries,
    ConsentAnswer,
    ConsentRecords,
    ReportAnswer,
    ReportLine,
    shaped,
)

COUNTS = tuple(name for name in MEASURES if name not in MONEY)


def add_reports_and_logs(api: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes for reports, consent records and audit entries."""

    @api.get("/reports/{company}/{dimension}")
    def report(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("reports")),
        company: str,
        dimension: Dimension,
        first: date,
        last: date,
        model: Model = "last",
    ) -> ReportAnswer:
        if first > last:
            raise HTTPException(422, "The report would end before it begins; swap first and last.")
        with authorized.session() as session:
            row = session.exec(authorized.scope.select(Company).where(Company.name == company)).first()
            if row is None:
                raise HTTPException(404, "Not found")
            return _to_answer(report_within(session, row, dimension, model, first, last))

    @api.get("/consent")
    def consent(
        *, authorized: AuthorizedRequest = Depends(authenticator.to("consent")), after: After = None, limit: Limit = 50
    ) -> ConsentRecords:
        with authorized.session() as session:
            found = page_of(session, authorized.scope.select(ConsentEntry), ConsentEntry.id, after, limit)
        return ConsentRecords(records=shaped(ConsentAnswer, found.items), next=found.next)

    @api.get("/audit")
    def audit(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("audit")),
        after: After = None,
        limit: Limit = 50,
    ) -> AuditEntries:
        with authorized.session() as session:
            found = page_of(session, authorized.scope.select(AuditEntry), AuditEntry.id, after, limit)
        return AuditEntries(entries=shaped(AuditAnswer, found.items), next=found.next)


def _to_answer(report: Report) -> ReportAnswer:
    lines = [
        ReportLine(
            value=line.value,
            numbers={name: float(line.number(name)) for name in COUNTS},
            amounts={currency: str(amount) for currency, amount in line.amounts.items()},
        )
        for line in report.lines
    ]
    return ReportAnswer(
        company=report.company,
        dimension=report.dimension,
        model=report.model,
        first=str(report.first),
        last=str(report.last),
        lines=lines,
    )
