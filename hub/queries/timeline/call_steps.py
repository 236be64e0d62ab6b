"""The part of a call's timeline that the caller heard: each step of the call flow, and the recording notices."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hub.model import Call, CallStep, ConsentDecision, RecordingNotice
from hub.queries.timeline.entries import Entry
from hub.queries.timeline.receipts import decision_entry


def step_entries(session: Session, call: Call) -> Iterator[Entry]:
    """Every step of the call, the notices that its caller heard, and the decisions on recording."""
    of_call = (CallStep.connector == call.connector, CallStep.carrier_call_id == call.carrier_call_id)
    steps = session.exec(select(CallStep).where(*of_call).order_by(col(CallStep.at), col(CallStep.id))).all()
    for step in steps:
        yield _step(step)
    notices = select(RecordingNotice).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    for notice in session.exec(notices.order_by(col(RecordingNotice.id))):
        yield _notice(notice)
    decided = {step.decision_id for step in steps if step.decision_id}
    if decided:
        found = select(ConsentDecision).where(col(ConsentDecision.id).in_(decided)).order_by(col(ConsentDecision.id))
        yield from map(decision_entry, session.exec(found))


def _step(step: CallStep) -> Entry:
    data = {
        "step": step.step,
        "do": step.do,
        "result": step.result,
        "tags": step.tags,
        "text_back": step.text_back,
        "flow_version": step.flow_version,
        "point": step.point,
    }
    detail = f"{step.do}, flow version {step.flow_version}"
    return Entry(step.at, "answer", f"{step.step}: {step.result or 'forgotten'}", (detail,), None, data)


def _notice(notice: RecordingNotice) -> Entry:
    data = {
        "notice": notice.text,
        "sha256": notice.text_hash,
        "duties": notice.duties,
        "choice": notice.choice,
        "decision": notice.decision_id,
        "flow_version": notice.flow_version,
    }
    details = (f"“{notice.text}”", f"duties: {', '.join(notice.duties) or 'none'}")
    choice = (notice.choice or "forgotten").replace("_", " ")
    return Entry(notice.told_at, "answer", f"recording notice at {notice.step}: {choice}", details, None, data)
