"""Deliver: claims what is due for a connector, checks consent again, uploads in batches, stores one receipt per item.

Every attempt is recorded before anything is sent, and only the holder of the lease's token may complete an item. A
crash at any point therefore leaves an item that is tried again under the same key. While a batch is under way it
holds the locks of its people (hub.privacy.withdrawal), so nothing about a person is sent after their refusal is
recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from hub.contracts.conversions import Conversion, Receipt
from hub.delivery.changes import end_unsent, states_before
from hub.delivery.outcomes import Outcome, columns_of, to_outcome, unanswered, waits_for_clock
from hub.delivery.payloads import TOO_OLD, Payload, ahead_of_clock, build_payload, too_old
from hub.errors import (
    AuthError,
    CircuitOpen,
    ConfigError,
    NotSupported,
    PluginDied,
    Rejected,
    RetryLater,
    RingfenceError,
)
from hub.flow.case import Case
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, ask, disclosure_row
from hub.flow.subjects import lock_keys_of_ids, read_subjects
from hub.hookspecs import PERSONAL_VALUES, ConversionHooks, CrmHooks
from hub.model import Attempt, Call, ConsentDecision, ConversionRow, Delivery, Disclosure
from hub.model.columns import new_id
from hub.model.conversions import LOG, UPLOAD
from hub.model.states import OPEN_DELIVERY_STATES, AttemptResult, DeliveryState
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.platform.backoff import Jitter, full_jitter
from hub.privacy.withdrawal import shared_person_lock
from hub.runtime import Hub
from hub.store.claims import claim, complete_each, held_ids
from hub.store.encryption.encrypted_fields import names_of
from hub.store.journal import write_evidence
from hub.store.quarantine.deaths import DEATH_WAIT
from hub.store.rows import write_rows

LOCK_WAIT_SECONDS = 5.0
"""Seconds that a batch waits while a refusal of one of its people is being recorded."""
WAIT_FOR_REFUSAL = timedelta(seconds=5)
WAIT_FOR_EARLIER = timedelta(seconds=30)


@dataclass
class Batch:
    """Claimed deliveries, and what is found out about each of them."""

    token: str
    deliveries: list[Delivery]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    payloads: list[Payload] = field(default_factory=list)
    rulings: dict[str, StoredDecision] = field(default_factory=dict)
    """Delivery → the present ruling on consent; deliveries without a ruling are missing."""
    attempts: dict[str, str] = field(default_factory=dict)
    """Delivery → the id of its row for this attempt."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Subject → the account whose journal records the decisions and disclosures."""


def deliver(hub: Hub, directory: Directory, connector: str, hook: str, jitter: Jitter = full_jitter) -> Counter[str]:
    """Send everything that is due for one connector through one hook; returns how many items ended in which state.

    An error of the whole connector is raised after the sent items are recorded; the rest stays unchanged.
    """
    tally: Counter[str] = Counter()
    while True:
        batch = _claim(hub, connector, hook)
        if not batch.deliveries:
            return tally
        stop: RingfenceError | None = None
        with (
            hub.heartbeat.keeping(Delivery, batch.token),
            shared_person_lock(hub.store, lock_keys_of_batch(hub, batch), LOCK_WAIT_SECONDS) as free,
        ):
            if free:
                batch.deliveries = _still_ours(hub, batch)
                prepare(hub, directory, connector, hook, batch)
                _write_before_send(hub, batch)
            else:
                due = hub.clock() + WAIT_FOR_REFUSAL
                batch.outcomes = {
                    delivery.id: Outcome(DeliveryState.READY, due_at=due) for delivery in batch.deliveries
                }
            if batch.payloads:
                stop = _send(hub, connector, hook, batch, jitter)
            # Still under the locks: a withdrawal must not mistake what has just been sent for something that waits.
            _write_outcomes(hub, connector, batch)
        tally.update(outcome.state for outcome in batch.outcomes.values())
        if stop is not None:
            raise stop


def _claim(hub: Hub, connector: str, hook: str) -> Batch:
    limit = hub.plugins.connectors[connector].manifest.limits.batch_size
    mine = {"connector": connector, "hook": hook}
    token, rows = claim(hub.store, Delivery, now=hub.clock(), limit=limit, of=mine, counting=False)
    return Batch(token, rows)


def lock_keys_of_batch(hub: Hub, batch: Batch) -> set[str]:
    """The locks of all people whose data the batch holds."""
    with hub.store.reading() as session:
        return lock_keys_of_ids(session, [delivery.subject_id for delivery in batch.deliveries])


def _still_ours(hub: Hub, batch: Batch) -> list[Delivery]:
    """The deliveries that no withdrawal stopped while the batch waited for the locks."""
    with hub.store.reading() as session:
        held = held_ids(session, Delivery, [each.id for each in batch.deliveries], batch.token)
    return [delivery for delivery in batch.deliveries if delivery.id in held]


def prepare(hub: Hub, directory: Directory, connector: str, hook: str, batch: Batch) -> None:
    """Sort a batch into payloads that may be sent and the outcomes of deliveries that end or wait before that."""
    now = hub.clock()
    plugin = hub.plugins.connectors[connector]
    manifest = plugin.manifest
    with hub.store.reading() as session:
        cases = _cases(session, directory, batch.deliveries, now)
        batch.accounts = {subject: case.company.account_id for subject, case in cases.items()}
        wanted = [delivery.conversion_id for delivery in batch.deliveries if delivery.conversion_id]
        conversions = {
            row.id: row for row in session.exec(select(ConversionRow).where(col(ConversionRow.id).in_(wanted)))
        }
        earlier = states_before(session, connector, batch.deliveries)
        calls = [case.subject for case in cases.values() if isinstance(case.subject, Call)] if hook == LOG else []
        names = names_of(hub.vault, session, calls)
    request: list[Delivery] = []
    in_batch: set[str] = set()
    for delivery in batch.deliveries:
        before, case = earlier.get(delivery.id), cases.get(delivery.subject_id)
        if case is None:
            batch.outcomes[delivery.id] = Outcome(
                DeliveryState.DEAD, "orphaned", "The call that it belongs to is gone."
            )
        elif delivery.item_key in in_batch or before in OPEN_DELIVERY_STATES:
            batch.outcomes[delivery.id] = Outcome(DeliveryState.READY, due_at=now + WAIT_FOR_EARLIER)
        elif before == DeliveryState.UNMATCHED:
            batch.outcomes[delivery.id] = Outcome(
                DeliveryState.UNMATCHED,
                "original_not_matched",
                "The network never tied the conversion itself to an ad, so there is nothing to change.",
            )
        elif before is not None and before != DeliveryState.DELIVERED:
            batch.outcomes[delivery.id] = Outcome(
                DeliveryState.REJECTED,
                "original_not_delivered",
                f"The conversion itself ended as {before}, so there is nothing to change.",
            )
        elif end := end_unsent(hub.config, delivery, case, conversions.get(delivery.conversion_id or ""), manifest):
            batch.outcomes[delivery.id] = Outcome(*end)
        else:
            in_batch.add(delivery.item_key)
            request.append(delivery)
    rulings = ask(
        hub, [cases[each.subject_id] for each in request], connector, hook, PERSONAL_VALUES[hook], "send", now
    )
    for delivery, ruling in zip(request, rulings, strict=True):
        if ruling.is_unanswered:
            batch.outcomes[delivery.id] = unanswered(delivery, ruling, now)
            continue
        batch.rulings[delivery.id] = ruling
        if not ruling.allowed:
            said = ruling.decision.ruling
            batch.outcomes[delivery.id] = Outcome(
                DeliveryState.HELD, said.rule_id, said.reason, decision_id=ruling.row.id
            )
            continue
        case = cases[delivery.subject_id]
        conversion = conversions.get(delivery.conversion_id or "")
        payload = build_payload(
            delivery, case, ruling, conversion, plugin, hub.refusals, names.get(delivery.subject_id)
        )
        late = too_old(payload.event_time, now, manifest)
        if late:
            batch.outcomes[delivery.id] = Outcome(DeliveryState.REJECTED, TOO_OLD, late)
        elif comes_at := ahead_of_clock(payload, now):
            batch.outcomes[delivery.id] = waits_for_clock(comes_at)
        else:
            batch.payloads.append(payload)


def _cases(session: Session, directory: Directory, deliveries: Iterable[Delivery], now: datetime) -> dict[str, Case]:
    subjects = read_subjects(session, [delivery.subject_id for delivery in deliveries])
    return {case.subject.id: case for case in load_cases(session, directory, subjects, now)}


def _write_before_send(hub: Hub, batch: Batch) -> None:
    now = hub.clock()
    batch.attempts = {payload.delivery.id: new_id() for payload in batch.payloads}
    with hub.store.writing() as session:
        write_evidence(session, ConsentDecision, [ruling.row for ruling in batch.rulings.values()], batch.accounts)
        write_rows(
            session,
            Attempt,
            [
                {
                    "id": batch.attempts[payload.delivery.id],
                    "delivery_id": payload.delivery.id,
                    "number": payload.delivery.attempts + 1,
                    "started_at": now,
                    "result": AttemptResult.UNKNOWN,
                    "code": None,
                    "reason": None,
                }
                for payload in batch.payloads
            ],
        )
        _count_tries(session, [payload.delivery.id for payload in batch.payloads], 1)
        _store_values(session, batch.payloads)


def _store_values(session: Session, payloads: Sequence[Payload]) -> None:
    """The values that are sent, of conversions that changed since their deliveries were made."""
    for payload in payloads:
        row, value = payload.delivery, payload.value
        if isinstance(value, Conversion):
            amount, currency = (value.value.amount, value.value.currency) if value.value else (None, None)
            if (amount, currency) != (row.amount, row.currency):
                changed = update(Delivery).where(col(Delivery.id) == row.id)
                session.exec(changed.values(amount=amount, currency=currency))


def _count_tries(session: Session, ids: Sequence[str], by: int) -> None:
    """In the transaction that writes the attempts' rows, so that both agree after a crash at any point."""
    if ids:
        session.connection().execute(
            update(Delivery.__table__).where(col(Delivery.id).in_(ids)).values(attempts=col(Delivery.attempts) + by)
        )


def _send(hub: Hub, connector: str, hook: str, batch: Batch, jitter: Jitter) -> RingfenceError | None:
    """Pass the payloads to the plugin and settle each; an error that ends the connector's sync is returned."""
    values: list[Any] = [payload.value for payload in batch.payloads]
    try:
        if hook == UPLOAD:
            receipts = hub.plugins.call(connector, ConversionHooks.upload_conversions, values, False)
        else:
            receipts = hub.plugins.call(connector, CrmHooks.log_calls, values)
    except (AuthError, ConfigError, NotSupported) as error:
        _release(hub, batch, 0.0)
        return error
    except CircuitOpen as error:
        _release(hub, batch, error.after)
        return error
    except Rejected as error:
        receipt = Receipt(key="", status="rejected", code=error.code, reason=str(error))
        _settle(hub, connector, batch, lambda key: replace(receipt, key=key), jitter)
        return None
    except PluginDied as error:
        for payload in batch.payloads:
            due = hub.clock() + DEATH_WAIT
            outcome = Outcome(DeliveryState.READY, None, str(error), due, tried=True, died=error)
            batch.outcomes[payload.delivery.id] = outcome
        return error
    except RingfenceError as error:
        after = error.after if isinstance(error, RetryLater) else None
        receipt = Receipt(key="", status="retry", reason=str(error), retry_after=after)
        _settle(hub, connector, batch, lambda key: replace(receipt, key=key), jitter)
        return error
    found = {receipt.key: receipt for receipt in receipts}
    missing = "The plugin returned no receipt for it."
    _settle(
        hub, connector, batch, lambda key: found.get(key) or Receipt(key=key, status="retry", reason=missing), jitter
    )
    return None


def _release(hub: Hub, batch: Batch, after: float) -> None:
    """Give items back untried: waiting for a circuit breaker or a person does not count as an attempt."""
    due = hub.clock() + timedelta(seconds=after)
    for payload in batch.payloads:
        batch.outcomes[payload.delivery.id] = Outcome(DeliveryState.READY, due_at=due)


def _settle(hub: Hub, connector: str, batch: Batch, receipt_of: Callable[[str], Receipt], jitter: Jitter) -> None:
    now = hub.clock()
    max_age = hub.plugins.connectors[connector].manifest.limits.max_age
    for payload in batch.payloads:
        receipt = receipt_of(payload.value.key)
        outcome = to_outcome(receipt, payload, now, max_age, jitter)
        batch.outcomes[payload.delivery.id] = replace(outcome, tried=True, disclosed=receipt.disclosed)


def _write_outcomes(hub: Hub, connector: str, batch: Batch) -> None:
    now = hub.clock()
    with hub.store.writing() as session:
        complete_each(
            session,
            Delivery,
            batch.token,
            [(delivery.id, columns_of(delivery, batch.outcomes[delivery.id], now)) for delivery in batch.deliveries],
        )
        _write_attempts(session, batch)
        _write_disclosures(hub, session, connector, batch, now)
    for outcome in batch.outcomes.values():
        metrics.count_delivery(connector, outcome.state, outcome.code)


def _write_attempts(session: Session, batch: Batch) -> None:
    results = [
        {
            "of": batch.attempts[payload.delivery.id],
            "result": AttemptResult.UNTRIED if not outcome.tried else outcome.state,
            "code": outcome.code,
            "reason": outcome.reason,
        }
        for payload in batch.payloads
        for outcome in (batch.outcomes[payload.delivery.id],)
    ]
    if results:
        statement = (
            update(Attempt.__table__)
            .where(col(Attempt.id) == bindparam("of"))
            .values(result=bindparam("result"), code=bindparam("code"), reason=bindparam("reason"))
        )
        session.connection().execute(statement, results)
        _count_tries(session, [sent for sent in batch.attempts if not batch.outcomes[sent].tried], -1)


def _write_disclosures(hub: Hub, session: Session, connector: str, batch: Batch, now: datetime) -> None:
    """What left the hub, or may have: everything that was passed to the plugin, unless it was given back untried or the
    plugin settled it without a request."""
    recipient = hub.plugins.connectors[connector].manifest.recipient.name
    rows = [
        disclosure_row(
            payload.ruling, payload.case, connector, recipient, payload.categories, now, delivery_id=payload.delivery.id
        )
        for payload in batch.payloads
        for outcome in (batch.outcomes[payload.delivery.id],)
        if outcome.tried and outcome.disclosed
    ]
    write_evidence(session, Disclosure, rows, batch.accounts)
