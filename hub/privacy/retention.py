"""Retention: personal data ends at its row's expiry; a webhook's row outlives its content, so a replay is always known."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, update
from sqlmodel import col

from hub.model import FactRow, InboxWebhook, SyncSlot
from hub.store.engine import Store

FINISHED_SLOTS = timedelta(days=2)


def sweep(store: Store, now: datetime) -> Counter[str]:
    """Delete facts whose life is over, empty webhooks whose life is over, forget old finished syncs; how many of each."""
    inbox: Any = InboxWebhook
    swept: Counter[str] = Counter()
    with store.writing() as session:
        statements = {
            "facts": delete(FactRow).where(col(FactRow.expires_at) <= now),
            "webhooks": update(InboxWebhook)
            .where(col(InboxWebhook.expires_at) <= now, or_(inbox.body.is_not(None), inbox.url.is_not(None)))
            .values(body=None, url=None, headers=None),
            "syncs": delete(SyncSlot).where(
                col(SyncSlot.state) == "done", col(SyncSlot.finished_at) <= now - FINISHED_SLOTS
            ),
        }
        for name, statement in statements.items():
            result: Any = session.execute(statement.execution_options(synchronize_session=False))
            swept[name] = result.rowcount
    return +swept
