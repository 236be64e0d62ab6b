"""A call's recordings with their transcripts, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.access.permissions import right_to
from hub.access.users import may
from hub.contracts.insights import Insight
from hub.contracts.transcripts import TranscriptPart
from hub.model import Call, Recording, TranscriptRow, User
from hub.model.states import RecordingState, TranscriptState
from hub.recordings.conversations import CONVERSATION
from hub.recordings.listen import waveform, why_unheard
from hub.recordings.peaks import Peaks
from hub.recordings.transcripts import read_transcript
from hub.runtime import Hub


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One recording. `peaks` is None without a waveform, `parts` without a readable transcript; `why_*` says why
    something is missing that the user may hear or read."""

    row: Recording
    peaks: Peaks | None
    why_silent: str | None
    """Why it cannot be heard; None if it can."""
    transcript: TranscriptRow | None
    parts: Sequence[TranscriptPart] | None
    why_unwritten: str | None
    insight: Insight | None
    """What was read in the transcript; None if nothing was."""


def recordings_of(hub: Hub, session: Session, call: Call, user: User) -> list[Heard]:
    """The recordings of a call that the user may hear, with what they may read of them, oldest first. The
    caller writes the audit entry for a transcript that it shows."""
    rows = session.exec(select(Recording).where(Recording.call_id == call.id).order_by(col(Recording.id))).all()
    return [_heard(hub, session, row, user) for row in rows if may(user, right_to("recordings", row.kind))]


def _heard(hub: Hub, session: Session, row: Recording, user: User) -> Heard:
    may_read = may(user, right_to("transcripts", row.kind)) is not None
    read = read_transcript(hub, session, row.id) if may_read else None
    parts = read.parts if read else None
    return Heard(
        row=row,
        peaks=waveform(hub, session, row),
        why_silent=_why_silent(hub, session, row),
        transcript=read.row if read else None,
        parts=parts,
        why_unwritten=None if parts is not None or not may_read else _why_unwritten(hub, read.row if read else None),
        insight=read.insight if read else None,
    )


def _why_silent(hub: Hub, session: Session, row: Recording) -> str | None:
    if row.kind == CONVERSATION:
        return "An assistant talked with the caller. There is no sound of it; what was said is kept as text."
    if row.path is not None and row.stored_at is not None:
        waits = why_unheard(hub, session, row)
        return _sentence(waits) if waits else None
    reason = f" {_sentence(row.reason)}" if row.reason else ""
    match row.state:
        case RecordingState.READY | RecordingState.LEASED:
            return f"It is being fetched from the phone carrier.{reason}"
        case RecordingState.REFUSED:
            return f"It was not kept.{reason}"
        case RecordingState.GONE:
            return f"It was deleted.{reason}"
        case _:
            return f"It could not be fetched from the phone carrier.{reason}"


def _why_unwritten(hub: Hub, row: TranscriptRow | None) -> str:
    if row is None:
        if hub.config.recordings.transcribe is None:
            return "Not enabled: recordings.transcribe in config.yaml names no connector."
        return "No transcript was asked for when the recording was stored."
    reason = f" {_sentence(row.reason)}" if row.reason else ""
    match row.state:
        case TranscriptState.READY | TranscriptState.LEASED:
            return f"It is being written.{reason}"
        case TranscriptState.DENIED:
            return f"Consent did not allow it.{reason}"
        case TranscriptState.GONE:
            return f"It was deleted.{reason}"
        case TranscriptState.FAILED:
            return f"It could not be written.{reason}"
        case _:
            return "The key of its caller was destroyed, so it can no longer be read."


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
