"""Saved reports, reports that go out by email, and a copy of either for the key's user now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Path
from sqlmodel import Session

from hub.alerts.report_mails import queue_copy
from hub.queries.reports.emails import report_emails
from hub.queries.reports.saved import saved_reports
from hub.web.api.auth import AuthorizedRequest, MayReports, MayShare
from hub.web.api.once import Once, OnlyOnce
from hub.web.api.schemas import Answer, shaped

RowId = Annotated[str, Path(max_length=36)]


class SavedReportAnswer(Answer):
    """A report under a name; `query` is the query string of its page, `company_id` is None for all companies."""

    id: str
    name: str
    report: str
    query: str
    company_id: str | None
    shared: bool
    addresses: int


class SavedReports(Answer):
    """The saved reports that the user may open."""

    reports: list[SavedReportAnswer]


class ReportEmailAnswer(Answer):
    """An address that gets a report; `saved` is the name of the saved report, `stopped` says who or what stopped it."""

    id: str
    email: str
    report: str
    saved: str | None
    company_id: str
    all_companies: bool
    every: str
    hour: int
    stopped: str | None
    last_state: str | None
    last_at: datetime | None
    last_reason: str | None


class ReportEmails(Answer):
    """Who gets reports by email."""

    emails: list[ReportEmailAnswer]


class CopyAnswer(Answer):
    """What was queued is sent within seconds to the user whose key it is."""

    queued: bool = True


def add_report_mails(api: FastAPI) -> None:
    """Add the routes for saved reports and reports by email."""

    @api.get("/saved-reports", operation_id="listSavedReports")
    def saved(authorized: MayReports) -> SavedReports:
        """The saved reports that the key's user may open."""
        with authorized.session() as session:
            return SavedReports(reports=shaped(SavedReportAnswer, saved_reports(session, authorized.scope)))

    @api.post("/saved-reports/{report_id}/send", operation_id="sendSavedReport")
    def send_saved(authorized: MayReports, once: OnlyOnce, report_id: RowId) -> CopyAnswer:
        """Send a copy of a saved report by email to the key's user."""
        return _copy(authorized, once, report_id)

    @api.get("/report-emails", operation_id="listReportEmails")
    def emails(authorized: MayShare) -> ReportEmails:
        """Who gets reports by email, and when."""
        with authorized.session() as session:
            return ReportEmails(emails=shaped(ReportEmailAnswer, report_emails(session, authorized.scope)))

    @api.post("/report-emails/{email_id}/send", operation_id="sendReportEmail")
    def send_email(authorized: MayShare, once: OnlyOnce, email_id: RowId) -> CopyAnswer:
        """Send a copy of a report that goes out by email to the key's user."""
        return _copy(authorized, once, email_id)


def _copy(authorized: AuthorizedRequest, once: Once, row_id: str) -> CopyAnswer:
    def action(session: Session) -> dict[str, Any]:
        queue_copy(session, authorized.hub, authorized.user, row_id)
        return {}

    once.do(authorized, action)
    return CopyAnswer()
