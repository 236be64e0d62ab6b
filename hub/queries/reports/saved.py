"""The saved reports that a user may open, and how many addresses get each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.saved_views import REPORTS, saved_views
from hub.access.scope import AccessScope
from hub.model import ReportSubscription, User


@dataclass(frozen=True)
class SavedReport:
    """A report, or a list of calls, under a name. `query` is the query string of its page."""

    id: str
    name: str
    page: str
    query: str
    company_id: str | None
    shared: bool
    made_by: str | None
    """The user who shares it; None if it is the reader's own."""
    addresses: int
    """How many get it by email."""

    @property
    def report(self) -> str | None:
        """The kind of report; None for a list."""
        return self.page.removeprefix(REPORTS) if self.page.startswith(REPORTS) else None

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"/{self.page}?{self.query}&saved={self.id}"


def saved_reports(session: Session, scope: AccessScope, *pages: str) -> list[SavedReport]:
    """The saved views of some pages, by default all reports, that a user may open, by name."""
    views = saved_views(session, scope, *(pages or (REPORTS,)))
    ids, users = [view.id for view in views], {view.user_id for view in views}
    names = dict(session.exec(select(User.id, User.name).where(col(User.id).in_(users))).all())
    row = ReportSubscription
    counted = select(row.saved_view_id, func.count()).where(
        col(row.saved_view_id).in_(ids), col(row.stopped_at).is_(None)
    )
    emails = dict(session.exec(counted.group_by(col(row.saved_view_id))).all())
    return [
        SavedReport(
            view.id, view.name, view.page, view.query, view.company_id, view.shared,
            None if view.user_id == scope.user.id else names.get(view.user_id, ""), emails.get(view.id, 0),
        )
        for view in views
    ]  # fmt: skip
