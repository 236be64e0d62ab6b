"""Decrypts a recording for one listener. Who heard what, and when, is written down before any audio is returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from hub.model import Recording, RecordingPeaks, TranscriptRow
from hub.model.states import TranscriptState
from hub.recordings.keep import place_in
from hub.recordings.peaks import Peaks, keep_peaks, read_peaks
from hub.runtime import Hub
from hub.store import audit

WAITS = "it is transcribed first, because card numbers and the like are silenced in it before anybody listens"
PAUSE = timedelta(minutes=10)
"""How long a listener may pause within one listening."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording's row with its audio. `audio` is None if it can no longer be heard, and `why` is the reason."""

    row: Recording
    audio: bytes | None
    why: str = ""
    key_id: str = ""
    """The id of the caller's key that decrypted it."""


def hear(hub: Hub, session: Session, recording_id: str, *, by_machine: bool = False) -> Heard | None:
    """Read a recording from the storage and decrypt it. None if no recording has this id. A person does not hear one that
    is not transcribed yet, because numbers may have to be silenced in it."""
    row = session.get(Recording, recording_id)
    if row is None:
        return None
    if row.path is None or row.stored_at is None:
        return Heard(row, None, row.reason or "it is not stored yet")
    if not by_machine and (why := why_unheard(hub, session, row)):
        return Heard(row, None, why)
    sealed = hub.blob_store.read(row.path)
    if sealed is None:
        return Heard(row, None, "its file is not in the storage of recordings; restore it from a backup")
    audio = hub.vault.open(session, sealed, place_in(row.id))
    why = "" if audio is not None else "the key of its caller was destroyed, so it can no longer be played"
    return Heard(row, audio, why, hub.vault.key_id(sealed))


def why_unheard(hub: Hub, session: Session, row: Recording) -> str | None:
    """Why nobody may hear a stored recording yet; None if somebody may."""
    if not hub.config.recordings.silence_numbers:
        return None
    waits = select(TranscriptRow.id).where(
        TranscriptRow.recording_id == row.id,
        col(TranscriptRow.sealed).is_(None),
        col(TranscriptRow.state).in_((TranscriptState.READY, TranscriptState.LEASED)),
    )
    return WAITS if session.exec(waits).first() is not None else None


def waveform(hub: Hub, session: Session, row: Recording) -> Peaks | None:
    """A recording's waveform. It is computed when the recording is stored, or now for an older one; None if there is none."""
    if row.path is None:
        return None
    stored = session.get(RecordingPeaks, row.id)
    if stored is not None:
        return read_peaks(stored)
    heard = hear(hub, session, row.id, by_machine=True) if row.content_type == "audio/wav" else None
    if heard is None or heard.audio is None:
        return None
    with hub.store.writing() as writing:
        return keep_peaks(writing, row.id, row.content_type, heard.audio)


def note_listening(session: Session, hub: Hub, user: str, action: str, recording_id: str, detail: str = "") -> None:
    """Write into the audit trail, within `session`, that `user` is given a recording."""
    audit.note(session, hub.clock(), user, action, recording_id, detail)


def note_listening_once(session: Session, hub: Hub, user: str, action: str, row: Recording) -> None:
    """The same for a player, which asks for many parts: one entry for each listening. Requests of the same user belong to
    the same listening until the recording's length and `PAUSE` have passed since its entry."""
    begun = hub.clock() - timedelta(seconds=row.duration or 0) - PAUSE
    audit.note_once(session, hub.clock(), user, action, [row.id], begun)
