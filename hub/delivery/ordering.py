"""The state of a conversion before a change of it: a change is sent only after its original was delivered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from hub.model import Delivery
from hub.model.states import OPEN_DELIVERY_STATES, DeliveryState


def states_before(session: Session, connector: str, deliveries: Sequence[Delivery]) -> dict[str, str]:
    """For changes of an earlier conversion: the state of the latest delivery that came before, by the change's id."""
    changes = [delivery for delivery in deliveries if delivery.kind != "new"]
    if not changes:
        return {}
    keys = {delivery.item_key for delivery in changes}
    rows = session.exec(
        select(Delivery)
        .where(Delivery.connector == connector, col(Delivery.item_key).in_(keys))
        .order_by(col(Delivery.made_at), col(Delivery.id))
    ).all()
    states: dict[str, str] = {}
    for change in changes:
        before = [row for row in rows if row.item_key == change.item_key and row.id < change.id]
        unfinished = [row.state for row in before if row.state in OPEN_DELIVERY_STATES]
        ended = DeliveryState.DELIVERED if _counts(before) else _last_state(before)
        states[change.id] = unfinished[0] if unfinished else ended
    return states


def _counts(before: Sequence[Delivery]) -> bool:
    return any(row.kind == "new" and row.state == DeliveryState.DELIVERED for row in before)


def _last_state(before: Sequence[Delivery]) -> str:
    return before[-1].state if before else "missing"
