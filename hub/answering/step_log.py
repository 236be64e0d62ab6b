"""Writes the records of an answer before the carrier gets it: steps, recording notice, and the decision on recording."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.answering.call_context import AnswerRequest
from hub.config.callflow.context import CallContext, FlowResult
from hub.contracts.answers import AnswerPoint
from hub.model import CallStep, RecordingNotice, SpamScore
from hub.model.columns import CALL_RETENTION, CONSENT_RETENTION
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal.deferred import insert_waiting
from hub.store.rows import Columns, insert_rows

SALT_BYTES = 16
SPOOLED_AS = "call_step"
"""The kind of these rows in the spool."""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A decided answer: its walk, and the decision on recording if one was needed."""

    request: AnswerRequest
    walk: FlowResult
    decision: Columns | None = None
    screened: Columns | None = None
    """The score of a suspect call and what was done, as a row to store."""
    known: CallContext | None = None
    """What the walk knew of the call."""
    forwarded: bool = False
    """The carrier got the static document instead, because the answer was late or failed."""


def keep(connection: Connection, keyring: Keyring, answers: Sequence[AnswerRecord], now: datetime) -> None:
    """Write the records of these answers. A point that was answered before changes nothing."""
    steps: list[Columns] = []
    notices: list[tuple[str, Columns]] = []
    decisions: list[tuple[str, Columns]] = []
    for answer in answers:
        if not answer.request.point.call_id:
            continue
        mine = _steps(answer, now)
        steps += mine
        if answer.decision is not None and mine:
            account_id = answer.request.line.company.account_id
            decisions.append((account_id, answer.decision | {"subject_id": mine[-1]["id"]}))
        if answer.walk.notice is not None:
            notices.append((answer.request.line.company.account_id, _notice(answer, now)))
    insert_rows(connection, SpamScore, [answer.screened for answer in answers if answer.screened])
    insert_waiting(connection, keyring, {"consent_decision": decisions, "recording_notice": notices})
    insert_rows(connection, CallStep, steps)


def step_rows(answers: Sequence[AnswerRecord], now: datetime) -> list[Columns]:
    """The steps of answers that were given without the database, for the spool."""
    return [row for answer in answers if answer.request.point.call_id for row in _steps(answer, now)]


def drain_steps(store: Store, rows: Sequence[Columns]) -> None:
    """Write steps that were spooled. Those of a point that was answered before stay unchanged."""
    with store.connected() as connection:
        insert_rows(connection, CallStep, rows)


def _steps(answer: AnswerRecord, now: datetime) -> list[Columns]:
    request = answer.request
    point = f"forward:{spelled(request.point)}" if answer.forwarded else spelled(request.point)
    taken = answer.walk.taken
    return [
        CallStep.columns(
            connector=request.connector,
            carrier_call_id=request.point.call_id,
            company_id=request.line.company.id,
            flow_version=request.version,
            point=point,
            position=position,
            at=now,
            step=each.step,
            do=each.do,
            result=each.result,
            tags=list(each.tags),
            text_back=each.text_back,
            decision_id=answer.decision["id"] if answer.decision and position == len(taken) - 1 else None,
            expires_at=now + CALL_RETENTION,
        )
        for position, each in enumerate(taken)
    ]


def _notice(answer: AnswerRecord, now: datetime) -> Columns:
    request, notice = answer.request, answer.walk.notice
    assert notice is not None
    return RecordingNotice.columns(
        connector=request.connector,
        carrier_call_id=request.point.call_id,
        company_id=request.line.company.id,
        flow_version=request.version,
        point=spelled(request.point),
        step=notice.step,
        text=notice.text,
        text_hash=hashlib.sha256(notice.text.encode()).hexdigest(),
        duties=sorted(notice.duties),
        choice=notice.choice,
        salt=secrets.token_hex(SALT_BYTES),
        decision_id=notice.decision_id,
        reported_at=now,
        expires_at=now + CONSENT_RETENTION,
    )


def spelled(point: AnswerPoint) -> str:
    """The name of a point in its call: the same for each repetition of the carrier's request."""
    return f"{point.moment}:{point.mark}"
