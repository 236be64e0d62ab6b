"""Delivery statuses from carriers, merged so that a late, repeated or reordered status never moves a text backwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.contracts.events import MessageStatusEvent
from hub.model import Delivery, TextMessage, TextStatus
from hub.model.columns import MESSAGE_RETENTION, storable
from hub.model.states import DeliveryState, MessageStatus
from hub.runtime import Hub
from hub.store.rows import write_rows
from hub.texts.suppression import stop

RANK: Mapping[str, int] = {MessageStatus.SENT: 1, MessageStatus.FAILED: 2, MessageStatus.DELIVERED: 3}
"""`delivered` wins over `failed`: some carriers report a failure for a text that the phone already received."""
DELIVERY_STATES: Mapping[str, DeliveryState] = {
    MessageStatus.SENT: DeliveryState.ACCEPTED,
    MessageStatus.DELIVERED: DeliveryState.DELIVERED,
    MessageStatus.FAILED: DeliveryState.REJECTED,
}
"""A text's status, and the matching state of its delivery."""


def join(one: TextStatus, other: TextStatus) -> TextStatus:
    """Merge two statuses; commutative, associative and idempotent."""
    best = max(one, other, key=lambda each: (RANK[each.status], each.at, each.code or "", each.reason or ""))
    return TextStatus(
        connector=best.connector,
        carrier_message_id=best.carrier_message_id,
        status=best.status,
        code=best.code,
        reason=best.reason,
        opted_out=one.opted_out or other.opted_out,
        at=best.at,
        expires_at=max(one.expires_at, other.expires_at),
    )


def keep_status(session: Session, hub: Hub, connector: str, event: MessageStatusEvent, now: datetime) -> None:
    """Merge one status from a carrier. The text's own reference need not be known yet."""
    row = TextStatus(
        connector=connector,
        carrier_message_id=event.message_id,
        status=event.status,
        code=storable(event.code),
        reason=storable(event.reason),
        opted_out=event.opted_out,
        at=event.at,
        expires_at=event.at + MESSAGE_RETENTION,
    )
    write_rows(session, TextStatus, [row])
    kept = session.exec(_of(connector, event.message_id).with_for_update()).one()
    joined = join(kept, row)
    for name in ("status", "code", "reason", "opted_out", "at", "expires_at"):
        setattr(kept, name, getattr(joined, name))
    session.add(kept)
    session.flush()
    apply_status(session, hub, connector, event.message_id, now)


def apply_status(session: Session, hub: Hub, connector: str, carrier_message_id: str, now: datetime) -> None:
    """Set a text and its delivery to the status that its carrier has reported. Does nothing if either is not known yet."""
    row = session.exec(_of(connector, carrier_message_id)).first()
    mine = (
        TextMessage.connector == connector,
        TextMessage.carrier_message_id == carrier_message_id,
        TextMessage.direction == "out",
    )
    text = session.exec(select(TextMessage).where(*mine)).first()
    if row is None or text is None:
        return
    status = MessageStatus.REFUSED if row.status == MessageStatus.FAILED and row.opted_out else row.status
    new = text.status != status
    text.status, text.code, text.reason = status, row.code, row.reason
    session.add(text)
    session.flush()
    state = DELIVERY_STATES[row.status]
    session.execute(
        update(Delivery)
        .where(
            col(Delivery.subject_id) == text.id,
            col(Delivery.hook) == "send_text",
            col(Delivery.state).in_(tuple(DELIVERY_STATES.values())),
        )
        .values(
            state=state,
            code=row.code,
            reason=row.reason,
            finished_at=None if state == DeliveryState.ACCEPTED else now,
        )
        .execution_options(synchronize_session=False)
    )
    # A repeated opt-out counts one time: the person may have said start since.
    if new and row.opted_out and text.company_id and text.person_number:
        said: dict[str, Any] = {"channel": "carrier", "evidence": text.id, "at": row.at, "now": now}
        stop(session, hub, text.company_id, text.person_number, **said)


def _of(connector: str, carrier_message_id: str) -> Any:
    return (
        select(TextStatus)
        .where(TextStatus.connector == connector, TextStatus.carrier_message_id == carrier_message_id)
        .execution_options(populate_existing=True)
    )
