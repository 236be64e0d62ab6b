"""Page view: records each new page of a visit. A click id that comes with it belongs to the visit from then on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from hub.contracts.clean_urls import without_click_ids
from hub.model import PageView, Visit
from hub.model.columns import CLICK_ID_RETENTION, VISIT_RETENTION, new_id, storable
from hub.sources.url_parameters import visit_parameters
from hub.store.rows import write_rows

MAX_PAGE_VIEWS_PER_VISIT = 200
"""Pages of one visit that are recorded. More come only from a robot, or from a page that keeps changing its address."""
MAX_URL_CHARACTERS = 4_096
MAX_TITLE_CHARACTERS = 300

Look = tuple[Visit, str | None, str | None]
"""A visit, the clean address of its present page with its click ids, and the page's title."""


def note_first_pages(session: Session, looks: Sequence[Look], now: datetime) -> None:
    """Record the landing pages of new visits."""
    write_rows(session, PageView, [_row(visit, address, title, now) for visit, address, title in looks if address])


def note_pages(session: Session, looks: Sequence[Look], now: datetime) -> None:
    """Record where known visits are now, unless they were there already at their last report."""
    looks = [look for look in looks if look[1]]
    if not looks:
        return
    seen = (
        select(PageView.visit_id, func.count().label("pages"), func.max(PageView.id).label("last"))
        .where(col(PageView.visit_id).in_([visit.id for visit, _, _ in looks]))
        .group_by(col(PageView.visit_id))
        .subquery()
    )
    latest = {
        visit_id: (pages, url)
        for visit_id, pages, url in session.exec(
            select(seen.c.visit_id, seen.c.pages, PageView.url).join(seen, seen.c.last == col(PageView.id))
        )
    }
    rows = []
    for visit, address, title in looks:
        pages, url = latest.get(visit.id, (0, None))
        row = _row(visit, address, title, now)
        if row["url"] != url and pages < MAX_PAGE_VIEWS_PER_VISIT:
            rows.append(row)
        _note_clicks(session, visit, address, now)
    write_rows(session, PageView, rows)


def _note_clicks(session: Session, visit: Visit, address: str | None, now: datetime) -> None:
    found = visit_parameters(address).click_ids
    new = {name: value for name, value in found.items() if visit.click_ids.get(name) != value}
    if new:
        visit.click_ids = {**visit.click_ids, **new}
        visit.clicked_at = {**visit.clicked_at, **dict.fromkeys(new, now.isoformat())}
        # They end together. None may outlive its time, so the oldest decides.
        visit.clicks_end_at = visit.clicks_end_at or now + CLICK_ID_RETENTION
        session.add(visit)


def _row(visit: Visit, address: str | None, title: str | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "visit_id": visit.id,
        "at": now,
        "url": storable(without_click_ids(address)[:MAX_URL_CHARACTERS]) if address else None,
        "title": storable(title[:MAX_TITLE_CHARACTERS]) if title else None,
        "expires_at": now + VISIT_RETENTION,
    }
