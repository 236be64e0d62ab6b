"""The events of one endpoint, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.model import WebhookEvent
from hub.model.states import WebhookEventState

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class EventShown:
    """One event; what was in it is not kept."""

    id: str
    type: str
    subject_id: str
    changes: tuple[str, ...]
    at: datetime
    state: str
    attempts: int
    status: int | None
    reason: str | None
    due_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class EventPage:
    """Events, newest first, and the id after which the next page begins."""

    items: list[EventShown]
    next: str | None


def events_of(
    session: Session, endpoint_id: str, *, state: str | None = None, after: str | None = None, limit: int = PAGE
) -> EventPage:
    """The events of an endpoint, in one state or in any, that were noted before the event `after`."""
    wanted = select(WebhookEvent).where(WebhookEvent.endpoint_id == endpoint_id)
    if state in list(WebhookEventState):
        wanted = wanted.where(WebhookEvent.state == state)
    if after:
        wanted = wanted.where(col(WebhookEvent.id) < after)
    rows = session.exec(wanted.order_by(col(WebhookEvent.id).desc()).limit(limit + 1)).all()
    items = [
        EventShown(
            id=row.id,
            type=row.type,
            subject_id=row.subject_id,
            changes=tuple(row.changes),
            at=row.at,
            state=row.state,
            attempts=row.attempts,
            status=row.status,
            reason=row.reason,
            due_at=row.due_at,
            finished_at=row.finished_at,
        )
        for row in rows[:limit]
    ]
    return EventPage(items, items[-1].id if len(rows) > limit else None)
