"""The events of one endpoint, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from hub.model import WebhookEvent
from hub.model.states import WebhookEventState
from hub.platform.fields import from_fields
from hub.queries.lists.keyset import Page, Part, newest_first, page_of

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

    @property
    def may_replay(self) -> bool:
        """Whether a person can send it again: it has ended, or is tried again."""
        busy = (WebhookEventState.LEASED, WebhookEventState.QUARANTINED)
        return self.state not in busy and (self.finished_at is not None or self.attempts > 0)


def events_of(
    session: Session, endpoint_id: str, *, state: str | None = None, after: str | None = None, limit: int = PAGE
) -> Page[EventShown]:
    """The events of an endpoint, in one state or in any, newest first."""
    wanted = select(WebhookEvent).where(WebhookEvent.endpoint_id == endpoint_id)
    if state in list(WebhookEventState):
        wanted = wanted.where(WebhookEvent.state == state)
    page = page_of(session, [Part(wanted, newest_first(WebhookEvent.at, WebhookEvent.id))], after, limit)
    items = [from_fields(EventShown, row, changes=tuple(row.changes)) for row in page.items]
    return page.of(items)
