"""Place calls: passes every queued call back to its carrier one time, if consent, the law's hours and the person's choices
allow it now.

The attempt is recorded before the call is passed on. A call whose outcome is unknown is held and never placed again: a
report of the carrier settles it, or a person looks in the carrier's log. A call is not postponed, because the user waits
beside the phone: what cannot be placed at once ends with its reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.contracts.call_backs import CallBack
from hub.contracts.conversions import Receipt
from hub.delivery.call_back_consent import PLACE, ask_about_call_back, why_suppressed
from hub.errors import AuthError, CircuitOpen, ConfigError, NotSupported, Rejected, RetryLater, RingfenceError
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, disclosure_row
from hub.hookspecs import CallHooks
from hub.model import Call, ConsentDecision, Disclosure, FormSubmission, OutgoingCall, TextMessage
from hub.model.columns import new_id
from hub.model.outgoing_calls import OutgoingCallStatus as Status
from hub.model.states import OutgoingCallState as State
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.runtime import Hub
from hub.store.claims import claim, complete, due_groups, held_ids
from hub.store.journal import undo_disclosure, write_evidence
from hub.store.locks import hold_locks
from hub.texts.suppression import number_lock_key

CALL_BATCH_SIZE = 5
LOCK_WAIT_SECONDS = 5.0
PLACE_WITHIN = timedelta(minutes=2)
"""A call that could not be placed for this long is given up: the user no longer waits for it."""
REPORT_WITHIN = timedelta(hours=5)
"""A carrier ends a call within four hours; after this time no report of it is expected."""
UNKNOWN_REASON = (
    "Nobody knows whether the carrier took the call. The hub does not place it again; look in the carrier's log."
)
SILENT_REASON = "The carrier did not report how the call ended."
LATE_REASON = "It could not be placed within two minutes; call again."
GONE_REASON = "What it answers, or its tracking number, is gone."


@dataclass(frozen=True)
class _Ready:
    """A call that may be placed now, as the carrier gets it."""

    value: CallBack
    disclosure_id: str
    account_id: str


def calls_due() -> object:
    """The query for the connectors that have calls to place, or to settle."""
    return due_groups(OutgoingCall, "connector", (State.ACCEPTED, State.HELD))


def place_calls(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Place what is queued at one carrier; returns how many calls got which status.

    AuthError and ConfigError are raised after the call has ended with their reason.
    """
    _settle_silent(hub, connector)
    tally: Counter[str] = Counter()
    mine = {"connector": connector}
    while True:
        token, rows = claim(hub.store, OutgoingCall, now=hub.clock(), limit=CALL_BATCH_SIZE, of=mine, counting=False)
        if not rows:
            return tally
        with hub.heartbeat.keeping(OutgoingCall, token):
            for row in rows:
                status = _place(hub, directory, row, token)
                if status is not None:
                    tally[status] += 1
                    metrics.DELIVERIES.labels(connector, status, "").inc()


def _place(hub: Hub, directory: Directory, row: OutgoingCall, token: str) -> str | None:
    lock = number_lock_key(row.company_id, row.person_number or "")
    with hold_locks(hub.store, [lock], LOCK_WAIT_SECONDS) as free:
        if not free:
            return _end(hub, row, token, Status.FAILED, "The person's own request was being recorded; call again.")
        prepared = _prepare(hub, directory, row, token)
        return _hand_over(hub, row, token, prepared) if isinstance(prepared, _Ready) else prepared


def _prepare(hub: Hub, directory: Directory, row: OutgoingCall, token: str) -> _Ready | str | None:
    """Decide, and record either the attempt or why there is none; None if another worker has the call now."""
    now = hub.clock()
    if row.attempts:
        return _hold(hub, row, token)
    with hub.store.reading() as session:
        cases = load_cases(session, directory, _subjects(session, row), now) if row.person_number else []
        ruling = ask_about_call_back(hub, session, cases[0], row.connector, now) if cases else None
    if ruling is None or row.user_number is None:
        return _end(hub, row, token, Status.FAILED, GONE_REASON)
    case, account_id = cases[0], cases[0].company.account_id
    with hub.store.writing() as session:
        if row.id not in held_ids(session, OutgoingCall, [row.id], token):
            return None
        write_evidence(session, ConsentDecision, [ruling.row], {case.subject.id: account_id})
        status, reason = _why_not(session, hub, row, case, ruling, now)
        if status is not None:
            complete(session, OutgoingCall, [row.id], token, state=State.DONE, status=status, reason=reason)
            return status
        value = CallBack(
            key=row.id,
            tracking_number=row.tracking_number,
            user_number=row.user_number,
            person_number=row.person_number,
        )
        plugin = hub.plugins.connectors[row.connector]
        reported = hub.refusals.disclose(plugin, value, PLACE)
        disclosure_id = new_id()
        recipient = plugin.manifest.recipient.name
        disclosed = disclosure_row(ruling, case, row.connector, recipient, reported.categories, now, delivery_id=None)
        write_evidence(session, Disclosure, [disclosed | {"id": disclosure_id}], {case.subject.id: account_id})
        _set(session, row.id, attempts=1, placed_at=now)
    return _Ready(reported.value, disclosure_id, account_id)


def _subjects(session: Session, row: OutgoingCall) -> list[Subject]:
    tables: tuple[Any, ...] = (Call, TextMessage, FormSubmission)
    found = (session.get(table, row.subject_id) for table in tables if row.subject_id)
    return [subject for subject in found if subject is not None][:1]


def _why_not(
    session: Session, hub: Hub, row: OutgoingCall, case: Case, ruling: StoredDecision, now: datetime
) -> tuple[Status | None, str | None]:
    """Why a call is not placed, if it is not: its final status and the reason."""
    if now - row.made_at > PLACE_WITHIN:
        return Status.FAILED, LATE_REASON
    if not ruling.allowed:
        return Status.REFUSED, ruling.decision.ruling.reason
    if case.phone_number != row.person_number:
        return Status.FAILED, GONE_REASON
    suppressed = why_suppressed(session, hub, case)
    return (Status.REFUSED, suppressed) if suppressed else (None, None)


def _hand_over(hub: Hub, row: OutgoingCall, token: str, ready: _Ready) -> str | None:
    """Pass it to the carrier one time, and record the answer."""
    receipt: Receipt | None = None
    untried: RingfenceError | None = None
    try:
        receipt = hub.plugins.call(row.connector, CallHooks.place_call, ready.value)
    except (AuthError, ConfigError, NotSupported, CircuitOpen) as error:
        untried = error
    except Rejected as error:
        receipt = Receipt(key=row.id, status="rejected", code=error.code, reason=str(error))
    except RetryLater as error:
        receipt = Receipt(key=row.id, status="retry", reason=str(error))
    except RingfenceError:
        pass  # a time-out, a crash, an answer that makes no sense: the phone may ring
    with hub.store.writing() as session:
        status = _record(session, hub, row, token, ready, receipt, untried)
    if isinstance(untried, AuthError | ConfigError):
        raise untried
    return status


def _record(
    session: Session,
    hub: Hub,
    row: OutgoingCall,
    token: str,
    ready: _Ready,
    receipt: Receipt | None,
    untried: RingfenceError | None,
) -> str | None:
    mine = select(OutgoingCall).where(OutgoingCall.id == row.id).with_for_update()
    call = session.exec(mine.execution_options(populate_existing=True)).one()
    if untried is not None or (receipt is not None and not receipt.disclosed):
        undo_disclosure(session, hub.keyring, ready.account_id, ready.disclosure_id, hub.clock())
    if untried is not None:
        complete(session, OutgoingCall, [row.id], token, state=State.DONE, status=Status.FAILED, reason=str(untried))
        return Status.FAILED
    reported = call.status != Status.QUEUED  # a report of the carrier was faster than its reply, and says more
    if not reported and receipt is not None and receipt.status in ("rejected", "retry"):
        reason = receipt.reason or "The carrier refused the call and gave no reason."
        complete(session, OutgoingCall, [row.id], token, state=State.DONE, status=Status.FAILED, reason=reason)
        return Status.FAILED
    changed: dict[str, object] = {"due_at": hub.clock() + REPORT_WITHIN}
    changed["carrier_call_id"] = call.carrier_call_id or (receipt.reference if receipt else None)
    if reported or receipt is not None:
        changed |= {
            "status": call.status if reported else Status.PLACED,
            "state": State.DONE if call.ended_at else State.ACCEPTED,
        }
    else:
        changed |= {"status": Status.PLACED, "state": State.HELD, "reason": UNKNOWN_REASON}
    complete(session, OutgoingCall, [row.id], token, **changed)
    return str(changed["status"]) if changed["state"] != State.HELD else "held"


def _hold(hub: Hub, row: OutgoingCall, token: str) -> str:
    """A worker died after the attempt was recorded. A report of the carrier says what happened; otherwise nobody knows."""
    with hub.store.writing() as session:
        call = session.exec(select(OutgoingCall).where(OutgoingCall.id == row.id).with_for_update()).one()
        due = hub.clock() + REPORT_WITHIN
        if call.status == Status.QUEUED:
            changed: dict[str, object] = {"status": Status.PLACED, "state": State.HELD, "reason": UNKNOWN_REASON}
        else:
            changed = {"state": State.DONE if call.ended_at else State.ACCEPTED}
        complete(session, OutgoingCall, [row.id], token, due_at=due, **changed)
    return "held" if changed["state"] == State.HELD else str(call.status)


def _end(hub: Hub, row: OutgoingCall, token: str, status: Status, reason: str) -> str:
    with hub.store.writing() as session:
        complete(session, OutgoingCall, [row.id], token, state=State.DONE, status=status, reason=reason)
    return status


def _settle_silent(hub: Hub, connector: str) -> None:
    """End calls of which the carrier reports nothing more."""
    silent = (
        col(OutgoingCall.connector) == connector,
        col(OutgoingCall.state).in_((State.ACCEPTED, State.HELD)),
        col(OutgoingCall.due_at) <= hub.clock(),
    )
    with hub.store.reading() as session:
        if session.exec(select(OutgoingCall.id).where(*silent)).first() is None:
            return
    spoke = col(OutgoingCall.answered_at).is_not(None)
    ends = ((spoke, {"status": Status.COMPLETED}), (~spoke, {"status": Status.FAILED, "reason": SILENT_REASON}))
    with hub.store.writing() as session:
        for condition, values in ends:
            ended = update(OutgoingCall).where(*silent, condition).values(state=State.DONE, **values)
            session.execute(ended.execution_options(synchronize_session=False))


def _set(session: Session, row_id: str, **values: object) -> None:
    changed = update(OutgoingCall).where(col(OutgoingCall.id) == row_id).values(**values)
    session.execute(changed.execution_options(synchronize_session=False))
