"""Preview: what a sync would do now with the due items, and the result of the provider's validate-only. Changes
nothing. A provider that cannot check without counting is not asked: then only the plugin's own checks run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from hub.contracts.conversions import Conversion, Receipt
from hub.delivery.deliver import Batch, lock_keys_of_batch, prepare
from hub.errors import RingfenceError
from hub.flow.consent import StoredDecision
from hub.hookspecs import ConversionHooks
from hub.model import Delivery
from hub.model.conversions import UPLOAD
from hub.model.states import DeliveryState
from hub.numbers.directory import Directory
from hub.plugin_host.registry import many
from hub.privacy.withdrawal import MAX_WITHDRAWAL_SECONDS, shared_person_lock
from hub.runtime import Hub

UNCHECKED = "not_checked"
"""The code of what would be sent to a provider that cannot check it first."""


@dataclass(frozen=True)
class Previewed:
    """One due item as a sync would treat it now: `receipt` if it would be sent, else the state that it would get."""

    delivery: Delivery
    ruling: StoredDecision | None
    """None if consent would not even be checked."""
    receipt: Receipt | None
    state: str | None = None
    code: str | None = None
    reason: str | None = None
    categories: frozenset[str] = frozenset()
    """The categories of personal data that it contains, if it would be sent."""


def preview(hub: Hub, directory: Directory, connector: str, hook: str, limit: int = 2_000) -> list[Previewed]:
    """What a sync would do now with the due items, and the result of the provider's validate-only. Changes nothing."""
    now = hub.clock()
    with hub.store.reading() as session:
        query = (
            select(Delivery)
            .where(
                Delivery.connector == connector,
                Delivery.hook == hook,
                Delivery.state == DeliveryState.READY,
                Delivery.due_at <= now,
            )
            .order_by(col(Delivery.due_at), col(Delivery.id))
            .limit(limit)
        )
        batch = Batch("", list(session.exec(query)))
    receipts: dict[str, Receipt] = {}
    with shared_person_lock(hub.store, lock_keys_of_batch(hub, batch), MAX_WITHDRAWAL_SECONDS) as free:
        if free:  # validation sends data to the provider too, so it needs the locks
            prepare(hub, directory, connector, hook, batch)
            values = [each.value for each in batch.payloads if isinstance(each.value, Conversion)]
            receipts = _validated(hub, connector, values)
    missing = "The plugin returned no receipt for it." if hook == UPLOAD else None
    payloads = {payload.delivery.id: payload for payload in batch.payloads}
    items = []
    for delivery in batch.deliveries:
        payload, outcome = payloads.get(delivery.id), batch.outcomes.get(delivery.id)
        if payload is not None:
            unknown = Receipt(key=payload.value.key, status="retry" if missing else "accepted", reason=missing)
            items.append(Previewed(delivery, payload.ruling, receipts.get(payload.value.key, unknown)))
        elif outcome is not None:
            ruling = batch.rulings.get(delivery.id)
            items.append(Previewed(delivery, ruling, None, outcome.state, outcome.code, outcome.reason))
    return items


def preview_one(hub: Hub, directory: Directory, delivery: Delivery) -> Previewed:
    """What a sync would do now with one delivery, whatever its state. Nothing is sent or stored."""
    batch = Batch("", [delivery])
    prepare(hub, directory, delivery.connector, delivery.hook, batch)
    if batch.payloads:
        payload = batch.payloads[0]
        return Previewed(delivery, payload.ruling, None, categories=payload.categories)
    outcome = batch.outcomes[delivery.id]
    return Previewed(delivery, batch.rulings.get(delivery.id), None, outcome.state, outcome.code, outcome.reason)


def check_here(hub: Hub, connector: str, conversions: Sequence[Conversion]) -> list[Receipt | None]:
    """What the plugin itself would refuse, without asking the provider. A plugin that does not say so refuses nothing."""
    values = [(each,) for each in conversions]
    if not values or not hub.plugins.implements(connector, ConversionHooks.check_conversion):
        return [None] * len(values)
    answers = hub.plugins.call_each(connector, ConversionHooks.check_conversion, values, many(values))
    return [
        Receipt(key=each.key, status="rejected", code="unknown", reason=str(answer))
        if isinstance(answer, RingfenceError)
        else answer
        for each, answer in zip(conversions, answers, strict=True)
    ]


def _validated(hub: Hub, connector: str, values: Sequence[Conversion]) -> dict[str, Receipt]:
    manifest = hub.plugins.connectors[connector].manifest
    size = manifest.limits.batch_size
    receipts: dict[str, Receipt] = {}
    if "dry_run" not in manifest.abilities:
        said = zip(values, check_here(hub, connector, values), strict=True)
        return {each.key: answer or Receipt(key=each.key, status="accepted", code=UNCHECKED) for each, answer in said}
    for start in range(0, len(values), size):
        answers = hub.plugins.call(connector, ConversionHooks.upload_conversions, values[start : start + size], True)
        receipts |= {receipt.key: receipt for receipt in answers}
    return receipts
