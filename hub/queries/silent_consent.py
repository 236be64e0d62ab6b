"""Which consent plugins do not answer."""

from __future__ import annotations

from sqlmodel import col, select

from hub.contracts.consent import NO_ANSWER
from hub.model import Delivery
from hub.model.states import DeliveryState
from hub.runtime import Hub


def silent_consent(hub: Hub) -> list[str]:
    """The consent connectors that gave this process no answer when it asked last, and those that a delivery waits for,
    whichever process asked."""
    waiting = select(Delivery.reason).where(
        col(Delivery.state) == DeliveryState.READY, col(Delivery.code) == NO_ANSWER, col(Delivery.due_at) > hub.clock()
    )
    with hub.store.reading() as session:
        reasons = [reason or "" for reason in session.exec(waiting.distinct().limit(100))]
    request = {name for name in hub.plugins.connectors if any(reason.startswith(f"{name} ") for reason in reasons)}
    return sorted(request | hub.plugins.silent)
