"""Visits that arrived from one page: the proof that its script runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Company, Lease, PageView, Visit

MAX_LOOKED_AT = 2_000


@dataclass(frozen=True)
class PageVisits:
    """What arrived from a page."""

    visits: int
    shown: int
    """Of these, those that were shown a tracking number."""
    last_at: datetime | None


def visits_of_page(
    session: Session, scope: AccessScope, company_id: str, url: str, now: datetime, span: timedelta
) -> PageVisits:
    """The visits of the last `span` that saw the page, the newest 2,000 of the company looked at."""
    visit: Any = Visit
    mine = scope.select(Company).with_only_columns(col(Company.id))
    since = now - span
    recent = (
        select(visit.id, visit.landing_page, visit.started_at, visit.number_shown_id)
        .where(visit.company_id == company_id, visit.company_id.in_(mine), visit.started_at >= since)
        .order_by(visit.started_at.desc())
        .limit(MAX_LOOKED_AT)
    )
    rows = list(session.execute(recent))
    ids = [row.id for row in rows]
    pages = select(col(PageView.visit_id), col(PageView.url)).where(col(PageView.visit_id).in_(ids))
    seen = {row[0] for row in session.execute(pages) if _place(row[1]) == _place(url)}
    lent = set(session.execute(select(col(Lease.visit_id)).where(col(Lease.visit_id).in_(ids))).scalars())
    found = [row for row in rows if row.id in seen or _place(row.landing_page) == _place(url)]
    return PageVisits(
        len(found),
        sum(row.number_shown_id is not None or row.id in lent for row in found),
        max((row.started_at for row in found), default=None),
    )


def _place(url: str | None) -> tuple[str, str] | None:
    """A page without its query: with and without www and a slash at the end it is the same one."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return ((parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")) if parts.hostname else None
