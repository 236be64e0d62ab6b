"""What an assistant and a caller said, as the transcript of a recording without sound: so it is read, found, kept, exported and
erased as every transcript is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, select

from hub.contracts.transcripts import TranscriptPart
from hub.errors import RetryLater
from hub.model import Call, Company, Recording, TranscriptRow
from hub.model.states import RecordingState, RefusalSource, TranscriptState
from hub.recordings.insights import reader_of
from hub.recordings.keep import why_not_kept
from hub.recordings.redact import redact
from hub.recordings.transcribe import note_written
from hub.recordings.transcripts import place_in, sealed_text
from hub.runtime import Hub
from hub.store.rows import write_rows
from hub.texts.quotes import READ_AS, said_by_caller
from hub.texts.words import read

CONVERSATION = "conversation"
"""The kind of such a recording."""


def drain_conversations(hub: Hub, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what waits in the spool. RetryLater if the call itself is not known yet; the spool then tries again, until the time
    of its words is over."""
    for row in rows:
        if hub.clock() > row["at"] + hub.config.recordings.keep_transcripts:
            continue
        with hub.store.writing() as session:
            _write(hub, session, row)


def _write(hub: Hub, session: Session, row: Mapping[str, Any]) -> None:
    mine = select(Call).where(Call.connector == row["connector"], Call.carrier_call_id == row["carrier_call_id"])
    call = session.exec(mine).first()
    company = session.get(Company, call.company_id) if call and call.company_id else None
    if call is None or company is None:
        raise RetryLater("The call of a conversation is not known yet.")
    parts = [TranscriptPart(**each) for each in row["parts"]]
    recording = Recording(
        connector=call.connector,
        # The same for each repetition, so that nothing is written twice.
        carrier_recording_id=hashlib.sha256(f"{row['carrier_call_id']}/{row['mark']}".encode()).hexdigest(),
        call_id=call.id,
        kind=CONVERSATION,
        recorded_at=row["at"],
        duration=round(parts[-1].end),
        state=RecordingState.GONE,
        reason="only the words were kept",
        due_at=row["at"],
        expires_at=row["at"] + hub.config.recordings.keep,
    )
    section = hub.config.companies_by_name.get(company.name)
    if why_not_kept(hub, recording, call) or section is None or not write_rows(session, Recording, [recording]):
        return
    language, now = row["language"], hub.clock()
    found = redact(parts, language, health=section.sensitive == "health").parts
    reader = reader_of(hub, company.name)
    transcript = TranscriptRow(
        recording_id=recording.id,
        connector=reader[0] if reader else row["agent"],
        language=language,
        model=row["agent"],
        state=TranscriptState.READY if reader else TranscriptState.WRITTEN,
        written_at=now,
        due_at=now,
        expires_at=row["at"] + hub.config.recordings.keep_transcripts,
    )
    transcript.sealed = hub.vault.seal(
        session, call.company_id, call.caller_number, call.id, sealed_text(found), place_in(transcript.id)
    )
    write_rows(session, TranscriptRow, [transcript])
    reading = read(said_by_caller(found), READ_AS[RefusalSource.CALL])
    note_written(session, hub, transcript, call, recording, found, reading)
