"""Visits of companies' websites, the newest first, with filters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Lease, PageView, Tracker, TrackingNumber, Visit
from hub.platform.fields import from_fields
from hub.queries.contact.view import ContactView
from hub.queries.deliveries.subjects import subjects_by_id
from hub.queries.lists.keyset import Page
from hub.queries.lists.plan import RowFilter
from hub.store.encryption.vault import Vault

MAX_PAGE_VIEWS = 100


@dataclass(frozen=True, kw_only=True)
class VisitFilter(RowFilter):
    """Selects visits."""

    TABLE, AT = Visit, "started_at"
    EQUAL = {"source": "source", "medium": "medium", "campaign": "campaign"}
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    tracker: str | None = None
    """The name of the tracker whose number the visitor saw."""
    known: str | None = None
    """`yes` or `no`: whether the visitor is known from a call, text or form."""
    q: str | None = None
    """A part of the landing page's address, the keyword or the campaign."""

    def others(self) -> Iterator[Any]:
        """Of the tracker, the visitor and a text."""
        row: Any = Visit
        if self.tracker is not None:
            numbers = select(TrackingNumber.id).join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
            mine = numbers.where(Tracker.name == self.tracker)
            lent = select(Lease.id).where(Lease.visit_id == row.id, col(Lease.tracking_number_id).in_(mine))
            yield or_(row.number_shown_id.in_(mine), lent.exists())
        if self.known is not None:
            yield row.person_id.is_not(None) if self.known == "yes" else row.person_id.is_(None)
        if self.q:
            texts = (row.landing_page, row.keyword, row.campaign)
            yield or_(*(each.icontains(self.q, autoescape=True) for each in texts))


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
    page = wanted.page(session, scope, company_ids, after, limit)
    return page.of(_rows(session, page.items))


def contacts_of_visits(
    session: Session, scope: AccessScope, vault: Vault, visit_ids: Collection[str]
) -> dict[str, list[ContactView]]:
    """Visit → the calls, texts and forms that it led to, as far as the user may see them, the oldest first."""
    led = select(Attribution.visit_id, Attribution.subject_id).where(col(Attribution.visit_id).in_(visit_ids))
    pairs = session.exec(led).all() if visit_ids else []
    views = subjects_by_id(session, scope, vault, {subject for _, subject in pairs})
    found: dict[str, list[ContactView]] = {}
    for visit, subject in pairs:
        if visit is not None and subject in views:
            found.setdefault(visit, []).append(views[subject])
    return {visit: sorted(each, key=lambda view: (view.at, view.id)) for visit, each in found.items()}


def page_views_of(session: Session, visit_ids: Collection[str]) -> dict[str, list[PageView]]:
    """Visit → its newest MAX_PAGE_VIEWS pages, the oldest first. The visits must be those that the user may see."""
    place = func.row_number().over(partition_by=col(PageView.visit_id), order_by=col(PageView.id).desc())
    placed = select_columns(col(PageView.id), place.label("place")).where(col(PageView.visit_id).in_(visit_ids))
    newest = placed.subquery()
    few = select_columns(newest.c.id).where(newest.c.place <= MAX_PAGE_VIEWS)
    found: dict[str, list[PageView]] = {}
    for each in session.exec(select(PageView).where(col(PageView.id).in_(few)).order_by(col(PageView.id))):
        found.setdefault(each.visit_id, []).append(each)
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
