"""Set deliveries aside about which nothing more is to be done, so that they no longer wait for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from hub.delivery.replay import IDS_PER_QUERY
from hub.model import Delivery
from hub.model.states import REPLAYABLE_DELIVERY_STATES
from hub.store import audit
from hub.store.rows import count_changed


def set_aside(
    session: Session, ids: Sequence[str], now: datetime, *, actor: str, about: str, aside: bool = True
) -> int:
    """Set deliveries aside that ended without success, or take that back, with an audit entry; returns how many were
    changed. `about` is the id of the delivery, or of the company for several."""
    count = 0
    for at in range(0, len(ids), IDS_PER_QUERY):
        statement = update(Delivery).where(
            col(Delivery.id).in_(ids[at : at + IDS_PER_QUERY]),
            col(Delivery.state).in_(REPLAYABLE_DELIVERY_STATES),
            col(Delivery.set_aside_at).is_(None) if aside else col(Delivery.set_aside_at).is_not(None),
        )
        changed = statement.values(set_aside_at=now if aside else None).execution_options(synchronize_session=False)
        count += count_changed(session, changed)
    action = "deliveries.set_aside" if aside else "deliveries.bring_back"
    audit.note(session, now, actor, action, about, "1 item" if count == 1 else f"{count} items")
    return count
