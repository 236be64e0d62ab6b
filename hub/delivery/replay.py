"""Try deliveries again that ended without success."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.model import Delivery
from hub.model.states import REPLAYABLE_DELIVERY_STATES, DeliveryState
from hub.store import audit
from hub.store.claims import ENDED_LEASE

IDS_PER_QUERY = 500


def replay(session: Session, ids: Sequence[str], now: datetime, *, actor: str, about: str) -> int:
    """Put deliveries back to the start of the retry schedule, with an audit entry; returns how many were still in
    their final state.

    Consent is checked again before they are sent, and the destination sees the same key as before. `about` says in
    the audit log which deliveries were meant.
    """
    count = 0
    for at in range(0, len(ids), IDS_PER_QUERY):
        final = (
            col(Delivery.id).in_(ids[at : at + IDS_PER_QUERY]),
            col(Delivery.state).in_(REPLAYABLE_DELIVERY_STATES),
        )
        again = list(session.scalars(select(Delivery.id).where(*final).with_for_update()))
        session.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(again))
            .values(
                state=DeliveryState.READY, attempts=0, due_at=now, finished_at=None, code=None, reason=None,
                set_aside_at=None, **ENDED_LEASE,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        count += len(again)
    audit.note(session, now, actor, "deliveries.replay", about, "1 item" if count == 1 else f"{count} items")
    return count
