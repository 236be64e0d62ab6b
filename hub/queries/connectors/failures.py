"""What a connector did not manage lately: syncs that stopped early, and deliveries that were not taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import Company, Delivery, SyncSlot
from hub.model.states import DeliveryState

WINDOW = timedelta(days=7)
MAX_FAILURES = 10
FAILED = (DeliveryState.REJECTED, DeliveryState.DEAD)


class Failure(NamedTuple):
    """Something that went wrong several times in the same way."""

    what: str
    """`sync`, or the hook of the deliveries."""
    words: str
    code: str | None
    times: int
    last_at: datetime


def recent_failures(session: Session, connector: str, companies: Sequence[Company], now: datetime) -> list[Failure]:
    """The failures of the last week, the newest first; the same words count as one."""
    since = now - WINDOW
    syncs = session.execute(
        select(SyncSlot.trouble, func.count(), func.max(SyncSlot.finished_at))
        .where(SyncSlot.connector == connector, col(SyncSlot.trouble).is_not(None), col(SyncSlot.due_at) >= since)
        .group_by(col(SyncSlot.trouble))
    )
    found = [Failure("sync", words, None, count, last) for words, count, last in syncs]
    same: list[object] = [Delivery.hook, Delivery.reason, Delivery.code]
    counted: list[Any] = [*same, func.count(), func.max(Delivery.finished_at)]
    items = session.execute(
        select(*counted)
        .where(
            Delivery.connector == connector,
            col(Delivery.state).in_(FAILED),
            col(Delivery.finished_at) >= since,
            col(Delivery.company_id).in_([each.id for each in companies]),
        )
        .group_by(*same)
    )
    found += [Failure(hook, reason or "", code, count, last) for hook, reason, code, count, last in items]
    return sorted(found, key=lambda each: each.last_at, reverse=True)[:MAX_FAILURES]
