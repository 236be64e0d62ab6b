"""Send text: passes every due text to its carrier one time, if consent, the law's hours and the person's choices
allow it now.

The attempt is recorded before the text is passed on. A text whose outcome is unknown is held for a person to decide,
and never sent again automatically. A text and its person's stop use the same lock, so nothing leaves after a stop is
recorded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from hub.contracts.conversions import Receipt
from hub.contracts.events import MessageStatusEvent
from hub.contracts.texts import OutboundText
from hub.delivery.text_consent import ask_about_text
from hub.errors import (
    AuthError,
    CircuitOpen,
    ConfigError,
    NotSupported,
    Rejected,
    RetryLater,
    RingfenceError,
)
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, disclosure_row
from hub.flow.convert import asked_again_at
from hub.hookspecs import TextHooks
from hub.model import Attempt, ConsentDecision, Delivery, Disclosure, TextMessage
from hub.model.columns import new_id
from hub.model.purposes import ANSWERS_TO_WORDS, USES
from hub.model.states import FINAL_DELIVERY_STATES, AttemptResult, DeliveryState, MessageStatus
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.platform.backoff import Jitter, full_jitter, next_try
from hub.runtime import Hub
from hub.store.claims import claim, complete, due_groups, held_ids
from hub.store.journal import undo_disclosure, write_evidence
from hub.store.locks import hold_locks
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import note_sent_text
from hub.texts.arriving import ANSWER_WITHIN
from hub.texts.automatic import was_answered_after_all
from hub.texts.bodies import open_body, seal_body
from hub.texts.doubts import DOUBTFUL, DOUBTFUL_REASON, is_open
from hub.texts.picture_links import addresses_of
from hub.texts.queue import SEND
from hub.texts.settings import settings_of
from hub.texts.statuses import keep_status
from hub.texts.suppression import STOPPED, STOPPED_REASON, is_suppressed, number_lock_key, stop
from hub.texts.wording import with_opt_out_line

TEXT_BATCH_SIZE = 20
LOCK_WAIT_SECONDS = 5.0
LOCKED_RETRY_INTERVAL = timedelta(seconds=5)
REPORT_WITHIN = timedelta(days=3)
"""A text without a report from its carrier for this long counts as delivered to the carrier, and no further."""
UNKNOWN = "unknown_outcome"
UNKNOWN_REASON = "It is unknown whether the carrier accepted it; check its message log, then: hub texts release."
WENT = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.HELD)
"""Statuses of texts that the person has, or may have."""


@dataclass(frozen=True)
class _Outcome:
    """The outcome of one text and its delivery."""

    state: DeliveryState
    status: MessageStatus
    code: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    decision_id: str | None = None


@dataclass(frozen=True)
class _Sending:
    """A text that may go now: as the carrier gets it, with the row of its attempt."""

    value: OutboundText
    attempt_id: str
    decision_id: str
    tries: int
    account_id: str


def texts_due() -> object:
    """The query for the connectors that have texts to send, or to settle."""
    return due_groups(Delivery, "connector", (DeliveryState.ACCEPTED,), hook=SEND)


def send_texts(hub: Hub, directory: Directory, connector: str, jitter: Jitter = full_jitter) -> Counter[str]:
    """Send what is due at one carrier; returns how many texts ended in which status.

    AuthError, ConfigError and NotSupported are raised after the sent texts are recorded; the rest stays unchanged.
    """
    _settle_silent(hub, connector)
    tally: Counter[str] = Counter()
    mine = {"connector": connector, "hook": SEND}
    while True:
        token, rows = claim(hub.store, Delivery, now=hub.clock(), limit=TEXT_BATCH_SIZE, of=mine, counting=False)
        if not rows:
            return tally
        with hub.heartbeat.keeping(Delivery, token):
            for position, row in enumerate(rows):
                try:
                    status = _send(hub, directory, row, token, jitter)
                except (AuthError, ConfigError, NotSupported, CircuitOpen) as error:
                    _give_back(hub, rows[position:], token, error)
                    if isinstance(error, CircuitOpen):
                        return tally
                    raise
                if status is not None:
                    tally[status] += 1
                    metrics.DELIVERIES.labels(connector, status, "").inc()


def _send(hub: Hub, directory: Directory, row: Delivery, token: str, jitter: Jitter) -> str | None:
    with hub.store.reading() as session:
        text = session.get(TextMessage, row.subject_id)
    if text is None or text.company_id is None or text.person_number is None:
        with hub.store.writing() as session:
            reason = "The text that it belongs to is gone."
            complete(session, Delivery, [row.id], token, state=DeliveryState.DEAD, code="orphaned", reason=reason)
        return None
    with hold_locks(hub.store, [number_lock_key(text.company_id, text.person_number)], LOCK_WAIT_SECONDS) as free:
        if not free:
            _end(
                hub,
                row,
                text,
                token,
                _Outcome(DeliveryState.READY, MessageStatus.QUEUED, due_at=hub.clock() + LOCKED_RETRY_INTERVAL),
            )
            return None
        prepared = _prepare(hub, directory, row, text, token)
        if prepared is None:
            return None
        if isinstance(prepared, _Outcome):
            return prepared.status
        return _hand_over(hub, row, text, token, prepared, jitter)


def _prepare(
    hub: Hub, directory: Directory, row: Delivery, text: TextMessage, token: str
) -> _Sending | _Outcome | None:
    """Decide, and record either the attempt or why there is none; None if another worker has the text now."""
    now = hub.clock()
    with hub.store.reading() as session:
        cases = load_cases(session, directory, [text], now)
        ruling = ask_about_text(hub, session, cases[0], row.connector, now) if cases else None
    accounts = {case.subject.id: case.company.account_id for case in cases}
    with hub.store.writing() as session:
        if row.id not in held_ids(session, Delivery, [row.id], token):
            return None
        if ruling is not None and not ruling.is_unanswered:
            write_evidence(session, ConsentDecision, [ruling.row], accounts)
        outcome = _why_not(session, hub, row, text, ruling, now)
        if outcome is not None:
            decided = ruling is not None and not ruling.is_unanswered
            outcome = replace(outcome, decision_id=ruling.row.id if ruling and decided else None)
            _write_end(session, row, text, token, outcome, now)
            return outcome
        assert ruling is not None
        line = directory.lines.get(text.tracking_number)
        body = open_body(hub.vault, session, text) or ""
        if text.purpose not in ANSWERS_TO_WORDS and _is_first(session, text):
            body = with_opt_out_line(body, settings_of(hub.config, line).language if line else "en")
            text.body = seal_body(hub.vault, session, text.company_id, text.person_number, text.id, body)
        value = OutboundText(
            key=text.id,
            sender=text.tracking_number,
            recipient_number=text.person_number,
            body=body,
            media_urls=addresses_of(session, hub, text),
        )
        disclosure = hub.refusals.disclose(hub.plugins.connectors[row.connector], value, SEND)
        tries = row.attempts + 1
        attempt_id = new_id()
        write_rows(session, Attempt, [Attempt(id=attempt_id, delivery_id=row.id, number=tries, started_at=now)])
        recipient = hub.plugins.connectors[row.connector].manifest.recipient.name
        disclosed = disclosure_row(
            ruling, cases[0], row.connector, recipient, disclosure.categories, now, delivery_id=row.id
        )
        write_evidence(session, Disclosure, [disclosed | {"id": attempt_id}], accounts)
        _set(session, Delivery, row.id, attempts=tries, decision_id=ruling.row.id)
        sent = {"status": MessageStatus.SENDING, "code": None, "reason": None, "body": text.body, "sent_at": now}
        _set(session, TextMessage, text.id, **sent)
    return _Sending(disclosure.value, attempt_id, ruling.row.id, tries, accounts[text.id])


def _why_not(
    session: Session, hub: Hub, row: Delivery, text: TextMessage, ruling: StoredDecision | None, now: datetime
) -> _Outcome | None:
    """Why a text does not go now, if it does not."""
    assert text.company_id is not None and text.person_number is not None and text.purpose is not None
    open_try = select(Attempt.id).where(Attempt.delivery_id == row.id, Attempt.result == AttemptResult.UNKNOWN)
    if session.exec(open_try).first() is not None:
        return _Outcome(DeliveryState.HELD, MessageStatus.HELD, UNKNOWN, UNKNOWN_REASON)
    if ruling is None:
        return _given_up("orphaned", "The company or the number that it comes from is gone.")
    if text.purpose in ("opt_out_confirmation", "stop_question") and now - text.at > ANSWER_WITHIN:
        return _refused("too_late", "This hub confirms a stop within five minutes or not at all.")
    if text.purpose == "stop_question" and not is_open(session, text.company_id, text.person_number):
        return _refused("decided", "The person has since said whether they want to stop.")
    if text.purpose == "missed_call" and was_answered_after_all(session, text):
        return _refused("answered", "Someone spoke with the caller before it was sent.")
    use = USES[text.purpose]  # type: ignore[index]
    if text.purpose not in ANSWERS_TO_WORDS and is_suppressed(session, hub, text.company_id, text.person_number, use):
        return _refused(STOPPED, STOPPED_REASON)
    if text.purpose == "marketing" and is_open(session, text.company_id, text.person_number):
        return _refused(DOUBTFUL, DOUBTFUL_REASON)
    if ruling.allowed:
        return None
    said, later = ruling.decision.ruling, ruling.decision.not_before
    if ruling.is_unanswered:
        again = asked_again_at(row.made_at, now)
        return _Outcome(DeliveryState.READY, MessageStatus.QUEUED, said.rule_id, said.reason, again)
    if later is not None and later > now:
        return _Outcome(DeliveryState.READY, MessageStatus.QUEUED, said.rule_id, said.reason, later, ruling.row.id)
    return _refused(said.rule_id, said.reason, decision_id=ruling.row.id)


def _refused(code: str, reason: str, decision_id: str | None = None) -> _Outcome:
    return _Outcome(DeliveryState.HELD, MessageStatus.REFUSED, code, reason, decision_id=decision_id)


def _given_up(code: str | None, reason: str) -> _Outcome:
    return _Outcome(DeliveryState.DEAD, MessageStatus.FAILED, code, reason)


def _is_first(session: Session, text: TextMessage) -> bool:
    earlier = select(TextMessage.id).where(
        TextMessage.company_id == text.company_id,
        TextMessage.person_number == text.person_number,
        TextMessage.direction == "out",
        col(TextMessage.status).in_(WENT),
        col(TextMessage.purpose).not_in(ANSWERS_TO_WORDS),
        TextMessage.id != text.id,
    )
    return session.exec(earlier).first() is None


def _hand_over(hub: Hub, row: Delivery, text: TextMessage, token: str, sending: _Sending, jitter: Jitter) -> str | None:
    """Pass it to the carrier one time, and record the answer."""
    receipt: Receipt | None = None
    untried: RingfenceError | None = None
    try:
        receipt = hub.plugins.call(row.connector, TextHooks.send_text, sending.value)
    except (AuthError, ConfigError, NotSupported, CircuitOpen) as error:
        untried = error
    except Rejected as error:
        receipt = Receipt(key=text.id, status="rejected", code=error.code, reason=str(error))
    except RetryLater as error:
        receipt = Receipt(key=text.id, status="retry", reason=str(error), retry_after=error.after)
    except RingfenceError:
        pass  # a time-out, a crash, an answer that makes no sense: it may have gone
    now = hub.clock()
    outcome = replace(_to_outcome(receipt, sending, now, jitter), decision_id=sending.decision_id)
    with hub.store.writing() as session:
        if untried is not None:
            _undo(hub, session, row, text, sending)
        else:
            if receipt is not None and not receipt.disclosed:
                undo_disclosure(session, hub.keyring, sending.account_id, sending.attempt_id, now)
            _set(
                session,
                Attempt,
                sending.attempt_id,
                result=_result(outcome),
                code=outcome.code,
                reason=outcome.reason,
            )
            _write_end(session, row, text, token, outcome, now, receipt)
            _hear(session, hub, row, text, receipt, now)
    if untried is not None:
        raise untried
    return outcome.status


def _to_outcome(receipt: Receipt | None, sending: _Sending, now: datetime, jitter: Jitter) -> _Outcome:
    if receipt is None:
        return _Outcome(DeliveryState.HELD, MessageStatus.HELD, UNKNOWN, UNKNOWN_REASON)
    if receipt.status == "rejected":
        status = MessageStatus.REFUSED if receipt.opted_out else MessageStatus.FAILED
        return _Outcome(DeliveryState.REJECTED, status, receipt.code, receipt.reason or "The carrier gave no reason.")
    if receipt.status == "retry":
        due = next_try(now, sending.tries, retry_after=receipt.retry_after, jitter=jitter)
        reason = receipt.reason or "The carrier was busy."
        if due is None:
            return _given_up(receipt.code, f"Given up after {sending.tries} tries: {reason}")
        return _Outcome(DeliveryState.READY, MessageStatus.QUEUED, receipt.code, reason, due)
    return _Outcome(DeliveryState.ACCEPTED, MessageStatus.SENT, receipt.code, receipt.reason, now + REPORT_WITHIN)


def _result(outcome: _Outcome) -> str:
    return AttemptResult.UNKNOWN if outcome.code == UNKNOWN else outcome.state


def _hear(session: Session, hub: Hub, row: Delivery, text: TextMessage, receipt: Receipt | None, now: datetime) -> None:
    """What else a receipt reports: the carrier's id, under which webhooks may have come already, and a stop that the
    carrier knows."""
    if receipt is None:
        return
    if receipt.reference and receipt.status in ("accepted", "delivered", "duplicate"):
        status: Any = "delivered" if receipt.status == "delivered" else "sent"
        event = MessageStatusEvent(message_id=receipt.reference, at=now, status=status)
        keep_status(session, hub, row.connector, event, now)
    if receipt.opted_out and text.company_id and text.person_number:
        stop(session, hub, text.company_id, text.person_number, channel="carrier", evidence=text.id, at=now, now=now)


def _undo(hub: Hub, session: Session, row: Delivery, text: TextMessage, sending: _Sending) -> None:
    """It never reached the plugin, or the plugin had no credentials: no attempt, nothing disclosed."""
    session.execute(delete(Attempt).where(col(Attempt.id) == sending.attempt_id))
    undo_disclosure(session, hub.keyring, sending.account_id, sending.attempt_id, hub.clock())
    _set(session, Delivery, row.id, attempts=row.attempts)
    _set(session, TextMessage, text.id, status=MessageStatus.QUEUED, sent_at=None)


def _give_back(hub: Hub, rows: list[Delivery], token: str, error: RingfenceError) -> None:
    after = error.after if isinstance(error, CircuitOpen) else 0.0
    due = hub.clock() + timedelta(seconds=after)
    with hub.store.writing() as session:
        complete(session, Delivery, [row.id for row in rows], token, state=DeliveryState.READY, due_at=due)


def _end(hub: Hub, row: Delivery, text: TextMessage, token: str, outcome: _Outcome) -> None:
    with hub.store.writing() as session:
        _write_end(session, row, text, token, outcome, hub.clock())


def _write_end(
    session: Session,
    row: Delivery,
    text: TextMessage,
    token: str,
    outcome: _Outcome,
    now: datetime,
    receipt: Receipt | None = None,
) -> None:
    reference = receipt.reference if receipt else None
    complete(
        session,
        Delivery,
        [row.id],
        token,
        state=outcome.state,
        code=outcome.code,
        reason=outcome.reason,
        due_at=outcome.due_at or row.due_at,
        reference=reference or row.reference,
        first_tried_at=row.first_tried_at or (now if receipt else None),
        accepted_at=now if outcome.state == DeliveryState.ACCEPTED else row.accepted_at,
        finished_at=now if outcome.state in FINAL_DELIVERY_STATES else None,
        decision_id=outcome.decision_id or row.decision_id,
    )
    changed: dict[str, object] = {"status": outcome.status, "code": outcome.code, "reason": outcome.reason}
    if reference and outcome.state == DeliveryState.ACCEPTED:
        changed["carrier_message_id"] = reference
    _set(session, TextMessage, text.id, **changed)
    if outcome.state == DeliveryState.ACCEPTED:
        note_sent_text(session, text, now)


def _settle_silent(hub: Hub, connector: str) -> None:
    now = hub.clock()
    silent = (
        col(Delivery.connector) == connector,
        col(Delivery.hook) == SEND,
        col(Delivery.state) == DeliveryState.ACCEPTED,
        col(Delivery.due_at) <= now,
    )
    with hub.store.writing() as session:
        session.execute(
            update(Delivery)
            .where(*silent)
            .values(
                state=DeliveryState.DELIVERED,
                code="no_report",
                reason="The carrier accepted it and reported nothing more.",
                finished_at=now,
            )
            .execution_options(synchronize_session=False)
        )


def _set(session: Session, table: Any, row_id: str, **values: object) -> None:
    session.execute(
        update(table).where(table.id == row_id).values(**values).execution_options(synchronize_session=False)
    )
