"""The outcome of one delivery: its new state with the reason, from a receipt, a decision or a death."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.contracts.consent import DIED
from hub.contracts.conversions import Receipt
from hub.delivery.payloads import AHEAD_OF_CLOCK, Payload, ahead_of_clock
from hub.errors import PluginDied
from hub.flow.consent import StoredDecision
from hub.flow.convert import asked_again_at
from hub.hookspecs import ConsentHooks
from hub.model import Delivery
from hub.model.states import FINAL_DELIVERY_STATES, DeliveryState
from hub.platform.backoff import Jitter, next_try, sane_wait
from hub.store.quarantine.deaths import after_death

UNMATCHED_REASON = "The network cannot tie the person to an ad."


@dataclass
class Outcome:
    """The outcome of one delivery: its new state with the reason."""

    state: DeliveryState
    code: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    reference: str | None = None
    tried: bool = False
    """Whether it was passed to the plugin, and not given back: only that is an attempt, with its own row."""
    disclosed: bool = True
    """Of one that was tried: whether data of it left the hub, or may have."""
    decision_id: str | None = None
    died: PluginDied | None = None
    """The death of a plugin's own process that counts against it."""


def unanswered(delivery: Delivery, ruling: StoredDecision, now: datetime) -> Outcome:
    """No decision, so none is stored; it is asked for again."""
    said = ruling.decision.ruling
    again = asked_again_at(delivery.made_at, now)
    if died_in := said.evidence.get(DIED):
        died = PluginDied(said.reason, died_in, ConsentHooks.judge.__name__)
        return Outcome(DeliveryState.READY, said.rule_id, said.reason, again, died=died)
    return Outcome(DeliveryState.READY, said.rule_id, said.reason, again)


def waits_for_clock(comes_at: datetime) -> Outcome:
    """A conversion that happened ahead of this machine's clock. If the clock was set back while it was sent, a network's
    refusal of its time is not final either."""
    why = "It happened ahead of this machine's clock; it is sent when its time has come."
    return Outcome(DeliveryState.READY, AHEAD_OF_CLOCK, why, comes_at)


def to_outcome(receipt: Receipt, payload: Payload, now: datetime, max_age: timedelta | None, jitter: Jitter) -> Outcome:
    """What a receipt means for its delivery."""
    if receipt.status in ("delivered", "duplicate"):
        code = receipt.code or ("duplicate" if receipt.status == "duplicate" else None)
        return Outcome(DeliveryState.DELIVERED, code, receipt.reason, reference=receipt.reference)
    if receipt.status == "accepted":
        poll_at = now + sane_wait(receipt.retry_after, 60.0)
        return Outcome(DeliveryState.ACCEPTED, receipt.code, receipt.reason, poll_at, receipt.reference)
    if receipt.status == "unmatched":
        return Outcome(DeliveryState.UNMATCHED, receipt.code, receipt.reason or UNMATCHED_REASON)
    if receipt.status == "rejected":
        if comes_at := ahead_of_clock(payload, now):
            return waits_for_clock(comes_at)
        return Outcome(DeliveryState.REJECTED, receipt.code, receipt.reason or "The provider gave no reason.")
    tries = payload.delivery.attempts + 1
    due = next_try(
        now, tries, retry_after=receipt.retry_after, event_time=payload.event_time, max_age=max_age, jitter=jitter
    )
    if due is None:
        return Outcome(
            DeliveryState.DEAD, receipt.code, f"Given up after {tries} tries: {receipt.reason or 'no reason was given'}"
        )
    return Outcome(DeliveryState.READY, receipt.code, receipt.reason, due)


def columns_of(delivery: Delivery, outcome: Outcome, now: datetime) -> dict[str, object]:
    """The new values of a delivery; all outcomes set the same columns."""
    values = {
        "state": outcome.state,
        "code": outcome.code,
        "reason": outcome.reason,
        "due_at": outcome.due_at or delivery.due_at,
        "reference": outcome.reference or delivery.reference,
        "first_tried_at": delivery.first_tried_at or (now if outcome.tried else None),
        "accepted_at": now if outcome.state == DeliveryState.ACCEPTED else delivery.accepted_at,
        "finished_at": now if outcome.state in FINAL_DELIVERY_STATES else None,
        "decision_id": outcome.decision_id or delivery.decision_id,
    }
    if outcome.died is None:
        return values | {"lease_until": None, "deaths": 0, "last_hook": None}
    return values | after_death(Delivery, delivery, outcome.died, outcome.due_at or now, now)
