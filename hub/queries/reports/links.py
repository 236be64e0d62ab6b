"""The links to a report that work today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import ReportLink, User


@dataclass(frozen=True)
class ListedLink:
    """One link; `query` holds the report's locked parameters."""

    id: str
    company_id: str
    query: str
    made_by: str
    made_at: datetime
    ends_at: datetime


def report_links(
    session: Session, scope: AccessScope, companies: Collection[str], report: str, now: datetime
) -> list[ListedLink]:
    """The links to one report of some companies, the newest first."""
    query = (
        scope.select(ReportLink)
        .where(col(ReportLink.company_id).in_(companies), ReportLink.report == report)
        .where(col(ReportLink.revoked_at).is_(None), ReportLink.ends_at > now)
        .order_by(col(ReportLink.id).desc())
    )
    links = list(session.exec(query))
    users = select(User.id, User.name).where(col(User.id).in_({each.user_id for each in links}))
    names = dict(session.exec(users).all())
    return [
        ListedLink(each.id, each.company_id, each.query, names.get(each.user_id, ""), each.made_at, each.ends_at)
        for each in links
    ]
