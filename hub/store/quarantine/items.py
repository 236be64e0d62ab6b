"""The items in quarantine, and their replay: each gets three new tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, or_, select, union_all, update
from sqlmodel import Session, col

from hub.model import (
    AlertDelivery,
    AlertEvent,
    Call,
    ConnectorState,
    Delivery,
    FormSubmission,
    InboxWebhook,
    LeadChange,
    OutgoingCall,
    Recording,
    RequestTask,
    SyncSlot,
    TextMedia,
    TextMessage,
    TranscriptRow,
    WebhookEvent,
)
from hub.model.columns import Work
from hub.model.states import WorkState
from hub.store import audit
from hub.store.claims import ENDED_LEASE
from hub.store.connectors import resume_within
from hub.store.quarantine.deaths import connector_of, reason_of, says_why

KINDS: Mapping[str, type[Work]] = {
    "webhook": InboxWebhook,
    "call": Call,
    "text": TextMessage,
    "form": FormSubmission,
    "lead": LeadChange,
    "delivery": Delivery,
    "outgoing_call": OutgoingCall,
    "sync": SyncSlot,
    "recording": Recording,
    "transcript": TranscriptRow,
    "picture": TextMedia,
    "privacy_task": RequestTask,
    "alert_event": AlertEvent,
    "alert": AlertDelivery,
    "webhook_event": WebhookEvent,
}
"""Every kind of work that workers claim."""


@dataclass(frozen=True, kw_only=True)
class QuarantinedItem:
    """One item in quarantine; `connector` is the one whose hook ran when the last process died, if that is known."""

    kind: str
    id: str
    connector: str
    since: datetime
    reason: str


def in_quarantine(
    session: Session, *, kind: str | None = None, connector: str | None = None, limit: int | None = None
) -> list[QuarantinedItem]:
    """The items in quarantine, newest first."""
    found = []
    for name, table in KINDS.items():
        if kind in (None, name):
            columns: Any = table
            rows: Any = select(table).where(columns.state == WorkState.QUARANTINED, *_by(table, connector))
            newest = rows.order_by(columns.due_at.desc(), columns.id.desc()).limit(limit)
            found += [
                QuarantinedItem(
                    kind=name, id=row.id, connector=connector_of(row), since=row.due_at, reason=reason_of(row)
                )
                for row in session.scalars(newest)
            ]
    return sorted(found, key=lambda each: (each.since, each.id), reverse=True)[:limit]


def count_quarantined(session: Session) -> dict[str, int]:
    """Kind → how many are in quarantine; kinds without any are left out."""
    counts = [
        select(literal(name).label("kind"), func.count().label("items"))
        .select_from(table)
        .where(col(table.state) == WorkState.QUARANTINED)
        for name, table in KINDS.items()
    ]
    return {kind: int(items) for kind, items in session.execute(union_all(*counts)) if items}


def replay_quarantined(
    session: Session, items: Sequence[QuarantinedItem], now: datetime, *, actor: str, about: str
) -> int:
    """Make items ready again, with an audit entry; returns how many were still in quarantine. A connector that was
    paused because its sync killed runs again."""
    count = 0
    for item in items:
        columns: Any = KINDS[item.kind]
        held = update(columns).where(columns.id == item.id, columns.state == WorkState.QUARANTINED)
        more = {"reason": None} if says_why(columns) else {}
        ready = held.values(state=WorkState.READY, due_at=now, **ENDED_LEASE, **more)
        changed: Any = session.execute(ready.execution_options(synchronize_session=False))
        count += changed.rowcount
        if columns is SyncSlot and changed.rowcount:
            paused = session.get(ConnectorState, item.connector)
            if paused is not None and paused.reason == item.reason:
                resume_within(session, item.connector)
    if count:
        audit.note(session, now, actor, "quarantine.replay", about, "1 item" if count == 1 else f"{count} items")
    return count


def _by(table: Any, connector: str | None) -> list[Any]:
    if connector is None:
        return []
    by_hook = table.last_hook.startswith(f"{connector}.", autoescape=True)
    if "connector" not in table.model_fields:
        return [by_hook]
    return [or_(by_hook, (table.connector == connector) & table.last_hook.is_(None))]
