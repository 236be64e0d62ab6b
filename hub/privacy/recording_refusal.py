"""A caller's refusal to be recorded after the notice: nothing of the call's conversation is kept from then on.

Source: Cal. Penal Code 632 and the laws of other states where all parties must consent: who stays on the line after the
notice has consented by that alone, and may end it at any time.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from hub.model import Call, Recording, RecordingNotice, RecordingPeaks, SignalRow, Tag, TranscriptRow
from hub.model.columns import CONSENT_RETENTION, new_id
from hub.model.marks import MAX_MADE_BY
from hub.model.states import RecordingState, TranscriptState
from hub.privacy.holds import on_hold
from hub.privacy.ledger import ConsentStatement, append
from hub.runtime import Hub
from hub.store.journal import touch
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import note_changes_of

USE = "telephony.recording"
REFUSED = "refused"
BY_KEY, BY_AGENT = "refused:key", "refused:agent"
"""The points of a call at which its caller refused: with a key, or to the person who answered."""
ENDED = (RecordingState.REFUSED, RecordingState.GONE)
SALT_BYTES = 16
REASON = "the caller ended the recording"


def is_refused(session: Session, connector: str, carrier_call_id: str) -> bool:
    """Whether the caller has refused to be recorded in this call."""
    return REFUSED in session.exec(select(RecordingNotice.choice).where(*_of(connector, carrier_call_id))).all()


def refuse_recording(session: Session, hub: Hub, call: Call, point: str, at: datetime, now: datetime) -> bool:
    """Write that the caller refused at `at`, and make what was recorded of the conversation unreadable here; the
    recordings' worker then deletes the audio, here and at the carrier. Returns whether a legal hold keeps some of it.

    A second refusal of the same call adds nothing to the ledger. A notice that was never given cannot be refused: what was
    recorded without one is not kept in any case.
    """
    if not is_refused(session, call.connector, call.carrier_call_id):
        _write(session, call, point, at, now)
        append(session, [_statement(call, point, min(at, now))] if call.company_id else [], now)
    return _discard(session, hub, call, now)


def refusable(call: Call) -> SelectOfScalar[str]:
    """The recordings of a call, with a person or an assistant, of which the audio or the words are kept. Who leaves a message
    knows that it is recorded."""
    words = exists().where(col(TranscriptRow.recording_id) == Recording.id, col(TranscriptRow.sealed).is_not(None))
    kept = or_(col(Recording.state).not_in(ENDED), words)
    return select(Recording.id).where(Recording.call_id == call.id, Recording.kind != "voicemail", kept)


def _write(session: Session, call: Call, point: str, at: datetime, now: datetime) -> None:
    """The notice that counted until now, again, with the new choice."""
    given = select(RecordingNotice).where(*_of(call.connector, call.carrier_call_id))
    last = session.exec(given.order_by(col(RecordingNotice.reported_at).desc(), col(RecordingNotice.id).desc())).first()
    if last is None:
        return
    refusal_id = new_id()
    changed = {
        "id": refusal_id,
        "point": point,
        "choice": REFUSED,
        "salt": secrets.token_hex(SALT_BYTES),
        "reported_at": min(at, now),
        "expires_at": now + CONSENT_RETENTION,
    }
    write_rows(session, RecordingNotice, [RecordingNotice(**(last.model_dump() | changed))])
    touch(session, RecordingNotice, col(RecordingNotice.id) == refusal_id)


def _statement(call: Call, point: str, at: datetime) -> ConsentStatement:
    return ConsentStatement(
        company_id=call.company_id,
        person_id=call.person_id,
        state="refused",
        use=USE,
        channel="key" if point == BY_KEY else "call",
        evidence=call.id,
        stated_at=at,
        scope="call",
    )


def _discard(session: Session, hub: Hub, call: Call, now: datetime) -> bool:
    """Empty the rows of what was recorded, and have the worker delete the audio. A recording under a legal hold stays
    until the hold is lifted, and ends then.
    """
    rows = session.exec(refusable(call).with_for_update()).all()
    free = on_hold(session, hub.config, now, hub.vault).leaves(Recording)
    going = session.exec(select(Recording.id).where(col(Recording.id).in_(rows), free)).all()
    emptied = dict.fromkeys(("path", "stored_at", "sha256", "size", "content_type", "lease_token", "lease_until"))
    ready = {"state": RecordingState.READY, "due_at": now, "attempts": 0, "reason": REASON}
    gone = {"state": TranscriptState.GONE, "sealed": None, "reason": REASON, "lease_token": None, "lease_until": None}
    heard = col(Recording.state).not_in(ENDED)
    held = ((Recording, col(Recording.id)), (TranscriptRow, col(TranscriptRow.recording_id)))
    read = col(SignalRow.recording_id).in_(going)
    readers = select(func.substr(SignalRow.connector, 1, MAX_MADE_BY)).where(read)
    for statement in (
        update(Recording).where(col(Recording.id).in_(going), heard).values(**emptied, **ready),
        *(update(table).where(key.in_(set(rows) - set(going))).values(expires_at=now) for table, key in held),
        update(TranscriptRow).where(col(TranscriptRow.recording_id).in_(going)).values(**gone),
        delete(Tag).where(col(Tag.subject_id) == call.id, col(Tag.made_by).in_(readers)),
        delete(SignalRow).where(read),
        delete(RecordingPeaks).where(col(RecordingPeaks.recording_id).in_(going)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    if going:
        note_changes_of(session, call.id, ("recording", "recording_duration"), now)
    return len(going) < len(rows)


def _of(connector: str, carrier_call_id: str) -> tuple[ColumnElement[bool], ...]:
    return (col(RecordingNotice.connector) == connector, col(RecordingNotice.carrier_call_id) == carrier_call_id)
