"""Send events again: one, or those of a range of time. The receiver sees the same `webhook-id`, so it knows what it has."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from hub.errors import CannotDo, NotFound
from hub.model import WebhookEvent
from hub.model.states import WebhookEventState as State
from hub.store import audit
from hub.store.claims import ENDED_LEASE
from hub.store.writers.webhook_events import EVENT_LIFETIME
from hub.webhooks_out.endpoints import Endpoint

UNSENT = (State.DEAD, State.HELD, State.DROPPED, State.READY, State.WAITING)
"""What a replay of a range takes if no states are given: what the endpoint did not get. Of events on their way it takes
those that were tried, so that they are tried now, and for three days more."""
ON_THE_WAY = (State.READY, State.WAITING)
REPLAYABLE = (*UNSENT, State.DELIVERED)
MAX_REPLAYED = 10_000
"""Events of one replay."""


def replay_one(session: Session, endpoint: Endpoint, event_id: str, now: datetime, actor: str) -> None:
    """Send one event again, within `session`. NotFound if the endpoint has none, CannotDo if it is on its way anyway."""
    event = session.get(WebhookEvent, event_id)
    if event is None or event.endpoint_id != endpoint.row.id:
        raise NotFound("Not found")
    if event.state not in REPLAYABLE or (event.state in ON_THE_WAY and event.first_tried_at is None):
        raise CannotDo("This event is on its way; it is sent by itself.")
    _send_again(session, endpoint, [event_id], now, actor)


def replay_range(
    session: Session,
    endpoint: Endpoint,
    since: datetime,
    until: datetime,
    now: datetime,
    actor: str,
    states: Collection[State] = UNSENT,
) -> int:
    """Send the events that happened from `since` to `until` and are in one of `states` again, within `session`, oldest first.
    Returns how many. CannotDo if there are too many, or if events of a state cannot be sent again."""
    if not states or not set(states) <= set(REPLAYABLE):
        raise CannotDo(f"Choose one or more of the states {', '.join(REPLAYABLE)}.", field="states")
    if until < since:
        raise CannotDo("The time ends before it begins; change one of the two.", field="until")
    wanted = select(WebhookEvent.id).where(
        WebhookEvent.endpoint_id == endpoint.row.id,
        col(WebhookEvent.at) >= since,
        col(WebhookEvent.at) <= until,
        _replayable(states),
    )
    ids = session.exec(wanted.limit(MAX_REPLAYED + 1)).all()
    if len(ids) > MAX_REPLAYED:
        raise CannotDo(f"These are more than {MAX_REPLAYED:,} events; choose a shorter time.")
    if ids:
        _send_again(session, endpoint, ids, now, actor)
    return len(ids)


def _replayable(states: Collection[State]) -> Any:
    """The condition that an event is in one of the states, and was tried if it is on its way."""
    tried = col(WebhookEvent.first_tried_at).is_not(None)
    return and_(col(WebhookEvent.state).in_(states), or_(col(WebhookEvent.state).not_in(ON_THE_WAY), tried))


def _send_again(session: Session, endpoint: Endpoint, ids: Collection[str], now: datetime, actor: str) -> None:
    if endpoint.row.paused_at is not None:
        raise CannotDo("The webhook is paused, because it said that it is gone; resume it first.")
    if not endpoint.section.enabled:
        raise CannotDo("The webhook is disabled; enable it first.")
    wanted = list(ids)
    fresh: dict[str, object] = {
        "state": State.READY, "attempts": 0, "first_tried_at": None, "finished_at": None, "status": None, "reason": None,
        "due_at": col(WebhookEvent.at), "expires_at": now + EVENT_LIFETIME,
    }  # fmt: skip
    for at in range(0, len(wanted), 500):
        mine = (col(WebhookEvent.id).in_(wanted[at : at + 500]), _replayable(REPLAYABLE))
        session.execute(
            update(WebhookEvent)
            .where(*mine)
            .values(**fresh, **ENDED_LEASE)
            .execution_options(synchronize_session=False)
        )
    count = "1 event" if len(wanted) == 1 else f"{len(wanted)} events"
    audit.note(session, now, actor, "webhook.replay", endpoint.row.company_id, f"{endpoint.row.name}, {count}")
