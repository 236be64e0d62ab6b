"""What was decided about a contact's data: the recording, and each purpose for each recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from hub.answering.recording_consent import USE as RECORDING
from hub.flow.case import Subject
from hub.model import Call, CallStep, ConsentDecision, ConsentEntry, RecordingNotice
from hub.store.rows import indexless

MAX_DECISIONS = 200
MAX_ENTRIES = 20


@dataclass(frozen=True, kw_only=True)
class ConsentEvidence:
    """The decisions on one contact's data, with what the person said."""

    recording: ConsentDecision | None
    """The last decision on recording the call."""
    notices: Sequence[RecordingNotice]
    """The notices that the caller heard, oldest first."""
    decisions: Sequence[ConsentDecision]
    """The latest decision for each recipient and purpose, without that on recording."""
    said: Sequence[ConsentEntry]
    """What the person said, from the contact's visit or surely as the person; newest first."""


def consent_evidence(session: Session, subject: Subject, visit_id: str | None) -> ConsentEvidence:
    """The decisions on one contact's data. `visit_id` is the visit that led to it."""
    recording, notices = _recording(session, subject) if isinstance(subject, Call) else (None, [])
    request = select(ConsentDecision).where(ConsentDecision.subject_id == subject.id, ConsentDecision.use != RECORDING)
    latest: dict[tuple[str, str], ConsentDecision] = {}
    for row in session.exec(request.order_by(col(ConsentDecision.decided_at).desc()).limit(MAX_DECISIONS)):
        latest.setdefault((row.use, row.connector), row)
    return ConsentEvidence(
        recording=recording,
        notices=notices,
        decisions=[latest[key] for key in sorted(latest)],
        said=_said(session, subject, visit_id),
    )


def _recording(session: Session, call: Call) -> tuple[ConsentDecision | None, list[RecordingNotice]]:
    reported = select(RecordingNotice).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    notices = list(session.exec(reported.order_by(col(RecordingNotice.reported_at), col(RecordingNotice.id))))
    steps = select(CallStep.decision_id).where(
        CallStep.connector == call.connector, CallStep.carrier_call_id == call.carrier_call_id
    )
    ids = {each for each in (*session.exec(steps), *(notice.decision_id for notice in notices)) if each}
    if not ids:
        return None, notices
    decided = select(ConsentDecision).where(col(ConsentDecision.id).in_(ids))
    return session.exec(decided.order_by(col(ConsentDecision.decided_at).desc())).first(), notices


def _said(session: Session, subject: Subject, visit_id: str | None) -> list[ConsentEntry]:
    whose = [
        *([ConsentEntry.visit_id == visit_id] if visit_id else []),
        *([ConsentEntry.person_id == subject.person_id] if subject.person_id else []),
    ]
    if not whose:
        return []
    query = select(ConsentEntry).where(or_(*whose), indexless(ConsentEntry.company_id) == subject.company_id)
    return list(session.exec(query.order_by(col(ConsentEntry.stated_at).desc()).limit(MAX_ENTRIES)))
