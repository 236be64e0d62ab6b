"""What a report that goes out by email shows now: of a subscription, or of a saved report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col

from hub.access.saved_views import REPORTS, visible_view
from hub.access.scope import AccessScope, scope_of
from hub.errors import NotFound
from hub.model import Company, ReportSubscription, SavedView, User


@dataclass(frozen=True)
class ReportToSend:
    """A report with its parameters, and what it may show."""

    scope: AccessScope
    companies: Sequence[Company]
    report: str
    query: str
    time_zone: str
    all_companies: bool
    """Whether it shows all companies that the user may see."""
    name: str = ""
    """Of a saved report, which has days of its own; empty for the days of the schedule."""


def report_of(session: Session, row: ReportSubscription) -> ReportToSend | None:
    """What goes to an address, by what the user who started it may see today; None if it may not be sent: the user is
    disabled, may no longer share reports or see the company, or the saved report is gone."""
    user = session.get(User, row.user_id)
    if user is None or scope_of(session, user, "share") is None:
        return None
    if row.saved_view_id is not None:
        return saved_report_of(session, user, row.saved_view_id)
    return _report(session, user, row.report, row.query, None if row.all_companies else row.company_id)


def saved_report_of(session: Session, user: User, view_id: str) -> ReportToSend | None:
    """What a saved report shows a user; None if they may not see it, it is gone, or it is a list."""
    scope = scope_of(session, user, "reports")
    if scope is None:
        return None
    try:
        view: SavedView = visible_view(session, scope, view_id)
    except NotFound:
        return None
    if not view.page.startswith(REPORTS):
        return None
    return _report(session, user, view.page.removeprefix(REPORTS), view.query, view.company_id, view.name)


def _report(
    session: Session, user: User, report: str, query: str, company_id: str | None, name: str = ""
) -> ReportToSend | None:
    scope = scope_of(session, user, "reports")
    if scope is None or user.disabled_at is not None:
        return None
    wanted = scope.select(Company).order_by(col(Company.title))
    companies = list(session.exec(wanted if company_id is None else wanted.where(Company.id == company_id)))
    if not companies:
        return None
    return ReportToSend(scope, companies, report, query, companies[0].time_zone, company_id is None, name)
