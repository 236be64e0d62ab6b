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

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from hub.model import WebhookEndpoint, WebhookEvent
from hub.model.states import WebhookEventState as State
from hub.runtime import Hub
from hub.store.rows import count_changed, read
from hub.webhooks_out.answers import LIMITED, OF_ITSELF
from hub.webhooks_out.endpoints import Endpoint, endpoint_of

PASS_AFTER = timedelta(minutes=30)
"""So long other events wait for a stuck one, where `keep_order` does not say otherwise."""
PASSING = 50
"""Of the events that wait at an endpoint that takes nothing, so many get ready at a time."""


_event: Any = WebhookEvent.__table__.c
_OTHERS = (
    columns(_event.id)
    .where(
        _event.endpoint_id == bindparam("of"),
        _event.state == State.READY,
        _event.first_tried_at.is_not(None),
        _event.id.not_in(bindparam("mine", expanding=True)),
    )
    .limit(1)
)
_LIMITED = _OTHERS.where(_event.status == LIMITED, _event.due_at > bindparam("now"))
_general = or_(_event.status.is_(None), _event.status.not_in(OF_ITSELF))
_GENERAL = _OTHERS.where(_general)
_BEGAN = columns(func.min(_event.first_tried_at)).where(
    _event.endpoint_id == bindparam("of"), _event.state.in_((State.READY, State.LEASED, State.WAITING)), _general
)


def is_held_up(session: Session, endpoint: Endpoint, now: datetime, rows: Collection[WebhookEvent] = ()) -> bool:
    """Whether the endpoint's events wait for one that is not among `rows`."""
    of = {"of": endpoint.row.id, "mine": [row.id for row in rows]}
    if endpoint.section.keep_order:
        return bool(read(session, _OTHERS, **of))
    if read(session, _LIMITED, **of, now=now):
        return True
    if not read(session, _GENERAL, **of):
        return False
    ((since,),) = read(session, _BEGAN, of=endpoint.row.id)
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
