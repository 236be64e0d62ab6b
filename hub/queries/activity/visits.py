"""Visits of companies' websites, the newest first, with filters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Lease, PageView, Tracker, TrackingNumber, Visit
from hub.platform.fields import from_fields
from hub.queries.lists.keyset import Page, newest_first, page_of
from hub.queries.lists.plan import rows_of


@dataclass(frozen=True, kw_only=True)
class VisitFilter:
    """Selects visits; None leaves a condition out. All conditions must hold."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    tracker: str | None = None
    """The name of the tracker whose number the visitor saw."""
    known: bool | None = None
    """Whether the visitor is known from a call, text or form."""
    begins: datetime | None = None
    ends: datetime | None = None
    """The moment after the period."""
    q: str | None = None
    """A part of the landing page's address, the keyword or the campaign."""


@dataclass(frozen=True, kw_only=True)
class VisitRow:
    """One visit, with the number that was shown, and the names of the networks whose ads were clicked."""

    id: str
    company_id: str
    started_at: datetime
    source: str
    medium: str
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    pages: int
    number: str | None
    tracker: str | None
    click_ids: tuple[str, ...]
    person_id: str | None


def list_visits(
    session: Session,
    scope: AccessScope,
    company_ids: Collection[str],
    wanted: VisitFilter,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[VisitRow]:
    """At most `limit` visits, the newest first. `after` is the `next` of the page before."""
    order = newest_first(Visit.started_at, Visit.id)
    page = page_of(
        session, rows_of(session, scope, Visit, order, *_conditions(wanted), companies=company_ids), after, limit
    )
    return page.of(_rows(session, page.items))


def _conditions(wanted: VisitFilter) -> list[object]:
    row: Any = Visit
    pairs = ((row.source, wanted.source), (row.medium, wanted.medium), (row.campaign, wanted.campaign))
    found = [column == value for column, value in pairs if value is not None]
    if wanted.tracker is not None:
        numbers = select(TrackingNumber.id).join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
        mine = numbers.where(Tracker.name == wanted.tracker)
        lent = select(Lease.id).where(Lease.visit_id == row.id, col(Lease.tracking_number_id).in_(mine))
        found.append(or_(row.number_shown_id.in_(mine), lent.exists()))
    if wanted.known is not None:
        found.append(row.person_id.is_not(None) if wanted.known else row.person_id.is_(None))
    if wanted.begins is not None:
        found.append(row.started_at >= wanted.begins)
    if wanted.ends is not None:
        found.append(row.started_at < wanted.ends)
    if wanted.q:
        found.append(
            or_(*(each.icontains(wanted.q, autoescape=True) for each in (row.landing_page, row.keyword, row.campaign)))
        )
    return found


def _rows(session: Session, visits: Sequence[Visit]) -> list[VisitRow]:
    ids = [each.id for each in visits]
    counts: dict[str, int] = {}
    if ids:
        seen = col(PageView.visit_id)
        counts = dict(session.execute(select_columns(seen, func.count()).where(seen.in_(ids)).group_by(seen)).all())
    shown = _shown(session, visits, ids)
    rows = []
    for each in visits:
        number, tracker = shown.get(each.id, (None, None))
        rows.append(
            from_fields(
                VisitRow, each, pages=counts.get(each.id, 0), number=number, tracker=tracker,
                click_ids=tuple(sorted(each.click_ids or {})),
            )
        )  # fmt: skip
    return rows


def _shown(session: Session, visits: Sequence[Visit], ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Visit → the number that was shown, and its tracker: the last one that was lent to it, or the one for everybody."""
    found = {each.id: each.number_shown_id for each in visits if each.number_shown_id}
    if ids:
        leases = select(Lease.visit_id, Lease.tracking_number_id).where(col(Lease.visit_id).in_(ids))
        found |= dict(session.exec(leases.order_by(col(Lease.granted_at))).all())
    if not found:
        return {}
    named = select_columns(col(TrackingNumber.id), col(TrackingNumber.number), col(Tracker.name))
    joined = named.join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
    wanted = joined.where(col(TrackingNumber.id).in_(set(found.values())))
    numbers = {key: (number, name) for key, number, name in session.execute(wanted)}
    return {visit: numbers[number] for visit, number in found.items() if number in numbers}
