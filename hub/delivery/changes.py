"""Changes of conversions: one is sent only to a network that can take it, and only after its original was delivered.

A conversion that changed before the network got it goes out as it is now, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.contracts.conversions import NOT_SUPPORTED
from hub.contracts.manifest import CANNOT, Manifest
from hub.contracts.values import Money
from hub.flow.case import Case
from hub.model import ConversionRow, Delivery
from hub.model.conversions import BEFORE_CUT_OVER, TAKEN_BACK
from hub.model.states import OPEN_DELIVERY_STATES, DeliveryState


def before_cut_over(config: Config, case: Case) -> str | None:
    """Why a conversion of a contact is not sent: the service before this hub has sent it. None if this hub sends it.

    The contact's time decides, not that of a lead or deal that came of it later: a network counts a click's conversion twice
    if both services send it, because each gives it a key of its own.
    """
    section = config.companies_by_name.get(case.company.name)
    since = section.conversions_from if section else None
    if since is None or case.at.astimezone(ZoneInfo(case.company.time_zone)).date() >= since:
        return None
    return f"It came in before {since}, and the service before this hub has sent it (conversions_from in config.yaml)."


def end_unsent(
    config: Config, delivery: Delivery, case: Case, conversion: ConversionRow | None, manifest: Manifest
) -> tuple[DeliveryState, str, str] | None:
    """State, code and reason of a delivery that is not sent because of what the network can do, or has already."""
    if not manifest.takes(delivery.kind):
        return DeliveryState.REJECTED, NOT_SUPPORTED, f"{manifest.label} {CANNOT[delivery.kind]}."
    if conversion is not None and conversion.retracted and not manifest.takes("retract"):
        return DeliveryState.HELD, TAKEN_BACK, "The conversion was taken back before it was sent."
    if conversion is not None and delivery.kind == "new" and (sent := before_cut_over(config, case)):
        return DeliveryState.HELD, BEFORE_CUT_OVER, sent
    return None


def value_to_send(delivery: Delivery, conversion: ConversionRow, manifest: Manifest) -> Money | None:
    """The value that was decided; at the first try at a network that cannot change it later, the present one."""
    untried = not delivery.attempts and delivery.first_tried_at is None
    row: Any = conversion if delivery.kind == "new" and untried and not manifest.takes("restate") else delivery
    return Money(row.amount.normalize(), row.currency) if row.amount is not None and row.currency else None


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
        ended = DeliveryState.DELIVERED if _counts(before) else before[-1].state if before else "missing"
        states[change.id] = unfinished[0] if unfinished else ended
    return states


def _counts(before: Sequence[Delivery]) -> bool:
    return any(row.kind == "new" and row.state == DeliveryState.DELIVERED for row in before)
