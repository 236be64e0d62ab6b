"""Page view: records each new page of a visit. A click id that comes with it belongs to the visit from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from hub.model import PageView, Visit
from hub.model.columns import CLICK_ID_RETENTION, VISIT_RETENTION, storable
from hub.store.rows import read, write_rows

MAX_PAGE_VIEWS_PER_VISIT = 200
"""Pages of one visit that are recorded. More come only from a robot, or from a page that keeps changing its address."""
MAX_TITLE_CHARACTERS = 300


_seen = (
    select(PageView.visit_id, func.count().label("pages"), func.max(PageView.id).label("last"))
    .where(col(PageView.visit_id).in_(bindparam("visits", expanding=True)))
    .group_by(col(PageView.visit_id))
    .subquery()
)
_LATEST = select(_seen.c.visit_id, _seen.c.pages, PageView.url).join(_seen, _seen.c.last == col(PageView.id))


class Look(NamedTuple):
    """A visit at its present page."""

    visit: Visit
    url: str | None
    """As it is stored, without click ids."""
    title: str | None
    click_ids: Mapping[str, str]
    """Those of the page's address."""
    page_id: str


def note_first_pages(session: Session, looks: Sequence[Look], now: datetime) -> None:
    """Record the landing pages of new visits."""
    write_rows(session, PageView, [_row(look, now) for look in looks if look.url])


def note_pages(session: Session, looks: Sequence[Look], now: datetime) -> None:
    """Record where known visits are now, unless they were there already at their last report."""
    looks = [look for look in looks if look.url]
    if not looks:
        return
    found = read(session, _LATEST, visits=[look.visit.id for look in looks])
    latest = {visit_id: (pages, url) for visit_id, pages, url in found}
    rows = []
    for look in looks:
        pages, url = latest.get(look.visit.id, (0, None))
        if look.url != url and pages < MAX_PAGE_VIEWS_PER_VISIT:
            rows.append(_row(look, now))
        _note_clicks(session, look.visit, look.click_ids, now)
    write_rows(session, PageView, rows)


def _note_clicks(session: Session, visit: Visit, found: Mapping[str, str], now: datetime) -> None:
    new = {name: value for name, value in found.items() if visit.click_ids.get(name) != value}
    if new:
        visit.click_ids = {**visit.click_ids, **new}
        visit.clicked_at = {**visit.clicked_at, **dict.fromkeys(new, now.isoformat())}
        # They end together. None may outlive its time, so the oldest decides.
        visit.clicks_end_at = visit.clicks_end_at or now + CLICK_ID_RETENTION
        session.add(visit)


def _row(look: Look, now: datetime) -> dict[str, Any]:
    return {
        "id": look.page_id,
        "visit_id": look.visit.id,
        "at": now,
        "url": look.url,
        "title": storable(look.title[:MAX_TITLE_CHARACTERS]) if look.title else None,
        "expires_at": now + VISIT_RETENTION,
    }
