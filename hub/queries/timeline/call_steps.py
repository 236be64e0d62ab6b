"""The part of a call's timeline that the caller heard: each step of the call flow, and the recording notices."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hub.contracts.titles import step_title
from hub.model import Call, CallStep, ConsentDecision, RecordingNotice
from hub.numbers.flows import revisions_of
from hub.platform.id_words import words_of
from hub.privacy.recording_refusal import BY_AGENT, BY_KEY
from hub.queries.timeline.entries import Entry, NameOf
from hub.queries.timeline.receipts import decision_entry


def step_entries(session: Session, call: Call, name_of: NameOf) -> Iterator[Entry]:
    """Every step of the call, the notices that its caller heard, and the decisions on recording."""
    of_call = (CallStep.connector == call.connector, CallStep.carrier_call_id == call.carrier_call_id)
    steps = session.exec(select(CallStep).where(*of_call).order_by(col(CallStep.at), col(CallStep.id))).all()
    reported = select(RecordingNotice).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    notices = session.exec(reported.order_by(col(RecordingNotice.id))).all()
    revisions = revisions_of(
        session, [*(each.flow_version for each in steps), *(each.flow_version for each in notices)]
    )
    yield from (_step(each, revisions.get(each.flow_version)) for each in steps)
    yield from (_notice(each, revisions.get(each.flow_version)) for each in notices)
    decided = {step.decision_id for step in steps if step.decision_id}
    if decided:
        found = select(ConsentDecision).where(col(ConsentDecision.id).in_(decided)).order_by(col(ConsentDecision.id))
        yield from (decision_entry(each, name_of) for each in session.exec(found))


def _step(step: CallStep, revision: int | None) -> Entry:
    data = {
        "step": step.step,
        "do": step.do,
        "result": step.result,
        "tags": step.tags,
        "text_back": step.text_back,
        "flow_version": revision,
        "point": step.point,
    }
    detail = f"{step_title(step.do)}, flow version {revision}"
    return Entry(step.at, "answer", f"{step_title(step.step)}: {step.result or 'forgotten'}", (detail,), None, data)


def _notice(notice: RecordingNotice, revision: int | None) -> Entry:
    data = {
        "notice": notice.text,
        "sha256": notice.text_hash,
        "duties": notice.duties,
        "choice": notice.choice,
        "decision": notice.decision_id,
        "flow_version": revision,
        "point": notice.point,
    }
    if notice.point in (BY_KEY, BY_AGENT):
        who = "with a key" if notice.point == BY_KEY else "to the person who answered"
        return Entry(notice.reported_at, "answer", f"the caller ended the recording, {who}", (), None, data)
    details = (f"“{notice.text}”", f"duties: {words_of(', '.join(notice.duties)) or 'none'}")
    choice = words_of(notice.choice or "forgotten")
    return Entry(
        notice.reported_at, "answer", f"recording notice at {step_title(notice.step)}: {choice}", details, None, data
    )
