"""Which events of an endpoint wait while another one is tried again, and when they go on.

While an event is tried again, the later ones wait, so that a receiver gets them in the order in which they happened. With
`keep_order` they wait until it has ended; otherwise for half an hour after the first event that could not be sent, and
then they pass, one try a minute for as long as none is taken. An event that is refused for itself (`OF_ITSELF`) holds
nothing up.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from hub.model import WebhookEndpoint, WebhookEvent
from hub.model.states import WebhookEventState as State
from hub.runtime import Hub
from hub.store.rows import count_changed
from hub.webhooks_out.answers import LIMITED, OF_ITSELF
from hub.webhooks_out.endpoints import Endpoint, endpoint_of

PASS_AFTER = timedelta(minutes=30)
"""So long other events wait for a stuck one, where `keep_order` does not say otherwise."""
PASSING = 50
"""Of the events that wait at an endpoint that takes nothing, so many get ready at a time."""


def is_held_up(session: Session, endpoint: Endpoint, now: datetime, rows: Collection[WebhookEvent] = ()) -> bool:
    """Whether the endpoint's events wait for one that is not among `rows`."""
    mine = [row.id for row in rows]
    tried = _of(endpoint.row.id, State.READY, col(WebhookEvent.first_tried_at).is_not(None))
    others = select(WebhookEvent.id).where(*tried, col(WebhookEvent.id).not_in(mine)).limit(1)
    if endpoint.section.keep_order:
        return session.exec(others).first() is not None
    limited = others.where(col(WebhookEvent.status) == LIMITED, col(WebhookEvent.due_at) > now)
    if session.exec(limited).first() is not None:
        return True
    general = or_(col(WebhookEvent.status).is_(None), col(WebhookEvent.status).not_in(OF_ITSELF))
    if session.exec(others.where(general)).first() is None:
        return False
    unfinished = (State.READY, State.LEASED, State.WAITING)
    began = select(func.min(WebhookEvent.first_tried_at)).where(
        WebhookEvent.endpoint_id == endpoint.row.id, col(WebhookEvent.state).in_(unfinished), general
    )
    since = session.exec(began).one()
    return since is not None and now - since < PASS_AFTER


def put_behind(session: Session, endpoint_id: str, now: datetime, *, tried: bool) -> None:
    """Let what else is due wait, within `session`; of events that were `tried`, too."""
    due = [*_of(endpoint_id, State.READY), col(WebhookEvent.due_at) <= now]
    if not tried:
        due.append(col(WebhookEvent.first_tried_at).is_(None))
    _set(session, due, state=State.WAITING)


def release(session: Session, endpoint_id: str, most: int | None = None) -> int:
    """Let events that wait be sent, within `session`: all, or the oldest ones. Returns how many."""
    waiting = _of(endpoint_id, State.WAITING)
    if most is not None:
        oldest = select(WebhookEvent.id).where(*waiting).order_by(col(WebhookEvent.due_at)).limit(most)
        waiting = [col(WebhookEvent.id).in_(oldest)]
    return _set(session, waiting, state=State.READY)


def release_some(session: Session, endpoint: Endpoint) -> int:
    """Let events that wait be sent, within `session`: all, but of an endpoint that takes nothing only the oldest ones."""
    in_turn = endpoint.section.keep_order or endpoint.row.failing_since is None
    return release(session, endpoint.row.id, None if in_turn else PASSING)


def note_taken(session: Session, endpoint_id: str, *, again: bool) -> None:
    """The endpoint took something, within `session`: what waits goes on. With `again`, it was tried before, so the endpoint
    works again, and what else it refused is tried at once, the oldest first."""
    row = session.get_one(WebhookEndpoint, endpoint_id)
    if row.failing_since is not None:
        row.failing_since = row.last_refusal = None
        session.add(row)
        if again:
            refused = _of(endpoint_id, State.READY, col(WebhookEvent.first_tried_at).is_not(None))
            _set(session, refused, due_at=col(WebhookEvent.at))
    elif not again:
        return
    release(session, endpoint_id)


def note_refusal(session: Session, endpoint_id: str, reason: str, now: datetime) -> None:
    """The endpoint did not take an event, within `session`."""
    row = session.get_one(WebhookEndpoint, endpoint_id)
    row.failing_since, row.last_refusal = row.failing_since or now, reason[:200]
    session.add(row)


def release_waiting(hub: Hub) -> int:
    """Let the events of endpoints go on that wait for nothing any more; returns how many."""
    with hub.store.reading() as session:
        waiting = select(WebhookEvent.endpoint_id).where(WebhookEvent.state == State.WAITING).distinct()
        found = [endpoint_of(session, hub.config, each) or each for each in session.exec(waiting)]
        free = [each for each in found if isinstance(each, str) or not is_held_up(session, each, hub.clock())]
    if not free:
        return 0
    with hub.store.writing() as session:
        # All events of an endpoint that left config.yaml, to be ended.
        return sum(release(session, each) if isinstance(each, str) else release_some(session, each) for each in free)


def _of(endpoint_id: str, state: State, *also: Any) -> list[Any]:
    return [WebhookEvent.endpoint_id == endpoint_id, col(WebhookEvent.state) == state, *also]


def _set(session: Session, where: Collection[Any], **values: Any) -> int:
    changed = update(WebhookEvent).where(*where).values(**values)
    return count_changed(session, changed.execution_options(synchronize_session=False))
