"""Retention: personal data ends at its row's expiry; a webhook's row outlives its content, so a replay is always known."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from hub.model import (
    CallStep,
    FactRow,
    InboxWebhook,
    Lease,
    PoolOverflow,
    RecordingNotice,
    SyncSlot,
    TextMedia,
    TextMessage,
    TextStatus,
    Tracker,
    TranscriptRow,
)
from hub.model.columns import VISIT_LIFE
from hub.store.engine import Store

FINISHED_SLOTS = timedelta(days=2)
POOL_HISTORY = VISIT_LIFE
"""Of leases, and of visitors who found none: a lease says nothing without its visit, but so long a call on a remembered
number still finds its visitor by it. `hub pools` looks back no further."""


def sweep(store: Store, now: datetime) -> Counter[str]:
    """Delete facts, calls' steps, notices, transcripts and pool history whose life is over, empty such webhooks, forget old
    finished syncs; how many of each."""
    inbox: Any = InboxWebhook
    swept: Counter[str] = Counter()
    with store.writing() as session:
        statements = {
            "facts": delete(FactRow).where(col(FactRow.expires_at) <= now),
            "call steps": delete(CallStep).where(col(CallStep.expires_at) <= now),
            "recording notices": delete(RecordingNotice).where(col(RecordingNotice.expires_at) <= now),
            "webhooks": update(InboxWebhook)
            .where(col(InboxWebhook.expires_at) <= now, or_(inbox.body.is_not(None), inbox.url.is_not(None)))
            .values(body=None, url=None, headers=None),
            "pictures": delete(TextMedia).where(col(TextMedia.expires_at) <= now),
            "texts' statuses": delete(TextStatus).where(col(TextStatus.expires_at) <= now),
            "texts": update(TextMessage)
            .where(
                col(TextMessage.expires_at) <= now,
                or_(col(TextMessage.body).is_not(None), col(TextMessage.person_number).is_not(None)),
            )
            .values(body=None, person_number=None),
            "syncs": delete(SyncSlot).where(
                col(SyncSlot.state) == "done", col(SyncSlot.finished_at) <= now - FINISHED_SLOTS
            ),
            # What is asked besides the age is there for the sake of the indexes.
            "leases": delete(Lease).where(
                col(Lease.granted_at) <= now - POOL_HISTORY, col(Lease.expires_at) <= now - POOL_HISTORY
            ),
            "overflows": delete(PoolOverflow).where(
                col(PoolOverflow.tracker_id).in_(select(Tracker.id)), col(PoolOverflow.at) <= now - POOL_HISTORY
            ),
            "transcripts": update(TranscriptRow)
            .where(col(TranscriptRow.expires_at) <= now, col(TranscriptRow.state) != "gone")
            .values(sealed=None, state="gone", reason="its time is over", lease_token=None),
        }
        for name, statement in statements.items():
            result: Any = session.execute(statement.execution_options(synchronize_session=False))
            swept[name] = result.rowcount
    return +swept
