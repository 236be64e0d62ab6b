"""Who gets a report by email, and what became of the last one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.access.report_subscriptions import EVERY
from hub.access.scope import AccessScope
from hub.model import AlertDelivery, ReportSubscription, SavedView
from hub.model.states import AlertDeliveryState
from hub.platform.fields import from_fields

MAX_LISTED = 200


@dataclass(frozen=True)
class ListedEmail:
    """One address that gets a report, or got it until it was stopped."""

    id: str
    report: str
    email: str
    company_id: str
    all_companies: bool
    every: str
    hour: int
    saved: str | None
    """The name of the saved report that it is; None for a report that is none."""
    stopped: str | None
    """Who or what stopped it; None if it goes on."""
    last_state: str | None
    """An `AlertDeliveryState`; None if none was due yet."""
    last_at: datetime | None
    last_reason: str | None

    @property
    def when(self) -> str:
        """Every Monday at 7:00 am."""
        return f"{EVERY[self.every]} at {self.hour % 12 or 12}:00 {'am' if self.hour < 12 else 'pm'}"

    @property
    def is_sent(self) -> bool:
        """Whether the last one arrived at the mail server."""
        return self.last_state == AlertDeliveryState.SENT


def report_emails(
    session: Session, scope: AccessScope, companies: Collection[str] | None = None, report: str | None = None
) -> list[ListedEmail]:
    """Who gets one report or any, of some companies or all, the newest first; stopped ones until their address is forgotten."""
    query = scope.select(ReportSubscription).where(col(ReportSubscription.email).is_not(None))
    if report is not None:
        query = query.where(ReportSubscription.report == report)
    if companies is not None:
        query = query.where(col(ReportSubscription.company_id).in_(companies))
    if scope.companies is not None:  # who sees only some companies learns of no report of all
        query = query.where(col(ReportSubscription.all_companies).is_(False))
    rows = list(session.exec(query.order_by(col(ReportSubscription.id).desc()).limit(MAX_LISTED)))
    views = select(SavedView.id, SavedView.name).where(col(SavedView.id).in_([row.saved_view_id for row in rows]))
    names = dict(session.exec(views).all())
    sent = select(AlertDelivery).where(col(AlertDelivery.target).in_([row.id for row in rows]))
    last = {each.target: each for each in session.exec(sent.order_by(col(AlertDelivery.id)))}
    return [
        from_fields(
            ListedEmail,
            row,
            saved=names.get(row.saved_view_id or ""),
            stopped=row.stop_reason if row.stopped_at else None,
            last_state=last[row.id].state if row.id in last else None,
            last_at=last[row.id].finished_at if row.id in last else None,
            last_reason=last[row.id].reason if row.id in last else None,
        )
        for row in rows
    ]
