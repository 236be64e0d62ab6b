"""Diagnose: asks a network for the outcome of the items that it accepted, until it answers or a week has passed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import col, select

from hub.contracts.conversions import PendingReceipt, Receipt
from hub.delivery.outcomes import UNMATCHED_REASON
from hub.hookspecs import ConversionHooks
from hub.model import Delivery
from hub.model.states import OPEN_DELIVERY_STATES, DeliveryState
from hub.platform import metrics
from hub.platform.backoff import Jitter, full_jitter, next_try, sane_wait
from hub.runtime import Hub

UPLOAD = ConversionHooks.upload_conversions.__name__
RECEIPT_TIMEOUT = timedelta(days=7)
MAX_POLL_INTERVAL = timedelta(hours=1)
POLL_BATCH_SIZE = 2_000


def diagnose(hub: Hub, connector: str, jitter: Jitter = full_jitter) -> Counter[str]:
    """Poll what is due among a connector's accepted items; returns how many ended in which state."""
    tally: Counter[str] = Counter()
    now = hub.clock()
    with hub.store.reading() as session:
        waiting = session.exec(
            select(Delivery)
            .where(Delivery.connector == connector, Delivery.hook == UPLOAD)
            .where(Delivery.state == DeliveryState.ACCEPTED, Delivery.due_at <= now)
            .order_by(col(Delivery.due_at))
            .limit(POLL_BATCH_SIZE)
        ).all()
    if not waiting:
        return tally
    pending = [
        PendingReceipt(
            key=row.item_key,
            reference=row.reference or "",
            accepted_at=row.accepted_at or row.made_at,
            destination=row.destination,
        )
        for row in waiting
    ]
    receipts = {receipt.key: receipt for receipt in hub.plugins.call(connector, ConversionHooks.poll_receipts, pending)}
    rows = [_columns(hub, row, receipts.get(row.item_key), jitter) for row in waiting]
    statement = (
        update(Delivery.__table__)
        .where(col(Delivery.id) == bindparam("of"), col(Delivery.state) == DeliveryState.ACCEPTED)
        .values({name: bindparam(f"new_{name}") for name in ("state", "code", "reason", "due_at", "finished_at")})
    )
    with hub.store.writing() as session:
        session.connection().execute(statement, rows)
    for row in rows:
        tally[row["new_state"]] += 1
        if row["new_state"] != DeliveryState.ACCEPTED:
            metrics.count_delivery(connector, row["new_state"], row["new_code"])
    return tally


def _columns(hub: Hub, row: Delivery, receipt: Receipt | None, jitter: Jitter) -> dict[str, Any]:
    now = hub.clock()
    accepted_at = row.accepted_at or row.made_at
    state, due_at, code, reason = DeliveryState.ACCEPTED, row.due_at, row.code, row.reason
    if receipt is not None and receipt.status in ("delivered", "duplicate"):
        state, code, reason = DeliveryState.DELIVERED, receipt.code, receipt.reason
    elif receipt is not None and receipt.status == "unmatched":
        state, code, reason = DeliveryState.UNMATCHED, receipt.code, receipt.reason or UNMATCHED_REASON
    elif receipt is not None and receipt.status == "rejected":
        state, code = DeliveryState.REJECTED, receipt.code
        reason = receipt.reason or "The provider gave no reason."
    elif receipt is not None and receipt.status == "retry":
        # The network withdrew its acceptance: the item is sent again under the same key.
        again = next_try(now, max(row.attempts, 1), retry_after=receipt.retry_after, jitter=jitter)
        state, due_at, code, reason = (DeliveryState.READY, again, receipt.code, receipt.reason) if again else (
            DeliveryState.DEAD, row.due_at, receipt.code, f"Given up after {row.attempts} tries: {receipt.reason}",
        )  # fmt: skip
    elif now - accepted_at > RECEIPT_TIMEOUT:
        state, code, reason = (
            DeliveryState.DEAD,
            "no_diagnostics",
            f"Accepted, but the network reported nothing for {RECEIPT_TIMEOUT.days} days.",
        )
    else:
        asked_for = sane_wait(receipt.retry_after) if receipt and receipt.retry_after else now - accepted_at
        due_at = now + min(max(asked_for, timedelta(seconds=1)), MAX_POLL_INTERVAL)
    return {
        "of": row.id,
        "new_state": state,
        "new_code": code,
        "new_reason": reason,
        "new_due_at": due_at,
        "new_finished_at": None if state in OPEN_DELIVERY_STATES else now,
    }
