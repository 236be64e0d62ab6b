"""Transcripts as they are stored: wanted with a recording, read in clear by one person at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.transcripts import TranscriptPart
from hub.model import Call, Company, Recording, TranscriptRow
from hub.runtime import Hub
from hub.store.rows import write_rows


@dataclass(frozen=True, slots=True)
class Read:
    """A transcript in clear; `parts` is None where it cannot be read, and `why` says the reason."""

    row: TranscriptRow
    parts: tuple[TranscriptPart, ...] | None
    why: str = ""


def want_transcript(session: Session, hub: Hub, recording: Recording, call: Call, now: datetime) -> None:
    """Write down within `session` that a stored recording is to be transcribed, where its company wants that."""
    wanted = hub.config.recordings
    entry = hub.config.connectors.get(wanted.transcribe or "")
    company = session.get(Company, call.company_id) if entry and call.company_id else None
    if entry is None or company is None or not entry.serves(company.name):
        return
    row = TranscriptRow(
        recording_id=recording.id,
        connector=entry.name,
        language=wanted.language,
        due_at=now,
        expires_at=recording.recorded_at + wanted.keep_transcripts,
    )
    write_rows(session, TranscriptRow, [row])


def read_transcript(hub: Hub, session: Session, recording_id: str) -> Read | None:
    """A recording's transcript in clear; None where none was ever wanted. Who reads it is for the caller to write down."""
    row = session.exec(select(TranscriptRow).where(TranscriptRow.recording_id == recording_id)).first()
    if row is None:
        return None
    if row.sealed is None:
        return Read(row, None, row.reason or "it waits for its turn")
    plain = hub.vault.open(session, row.sealed, place_in(row.id))
    if plain is None:
        return Read(row, None, "the key of its caller was destroyed, so nobody can read it again")
    return Read(row, tuple(TranscriptPart(**part) for part in json.loads(plain)))


def place_in(transcript_id: str) -> str:
    """What a transcript's ciphertext is bound to."""
    return f"transcript/{transcript_id}"
