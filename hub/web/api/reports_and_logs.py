"""Reports, the consent ledger, and the audit log."""

from __future__ import annotations

from datetime import date

from fastapi import Depends, FastAPI, HTTPException

from hub.model import AuditEntry, Company, ConsentEntry
from hub.queries.paging import page_of
from hub.reports.credits import Model
from hub.reports.report import Report, report_within
from hub.reports.tally import MEASURES, Dimension
from hub.web.api.auth import Asked, Authenticator
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

COUNTS = tuple(name for name in MEASURES if name != "amount")


def add_books(api: FastAPI, door: Authenticator) -> None:
    """Add the routes for reports, consent records and audit entries."""

    @api.get("/reports/{company}/{dimension}")
    def report(
        *,
        asked: Asked = Depends(door.to("reports")),
        company: str,
        dimension: Dimension,
        first: date,
        last: date,
        model: Model = "last",
    ) -> ReportAnswer:
        if first > last:
            raise HTTPException(422, "The report would end before it begins; swap first and last.")
        with asked.session() as session:
            row = session.exec(asked.scope.select(Company).where(Company.name == company)).first()
            if row is None:
                raise HTTPException(404, "Not found")
            return _told(report_within(session, row, dimension, model, first, last))

    @api.get("/consent")
    def consent(
        *, asked: Asked = Depends(door.to("consent")), after: After = None, limit: Limit = 50
    ) -> ConsentRecords:
        with asked.session() as session:
            found = page_of(session, asked.scope.select(ConsentEntry), ConsentEntry.id, after, limit)
        return ConsentRecords(records=shaped(ConsentAnswer, found.items), next=found.next)

    @api.get("/audit")
    def audit(
        *,
        asked: Asked = Depends(door.to("audit")),
        after: After = None,
        limit: Limit = 50,
    ) -> AuditEntries:
        with asked.session() as session:
            found = page_of(session, asked.scope.select(AuditEntry), AuditEntry.id, after, limit)
        return AuditEntries(entries=shaped(AuditAnswer, found.items), next=found.next)


def _told(report: Report) -> ReportAnswer:
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
