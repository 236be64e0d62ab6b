"""Transcription pipeline: claim, check consent, call the plugin, encrypt, store. A failure never affects the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session, col

from hub.contracts.transcripts import SpokenAudio, Transcript, TranscriptPart
from hub.errors import (
    NotSupported,
    PluginDied,
    Rejected,
    RetryLater,
    RingfenceError,
    place_of,
)
from hub.flow.case_loading import load_cases
from hub.hookspecs import TranscriptionHooks
from hub.model import Call, Company, PersonKey, Recording, TranscriptRow
from hub.model.states import RefusalSource, TranscriptState
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.platform.backoff import Jitter, full_jitter, next_try
from hub.recordings.consented import Denied, ask_plugin
from hub.recordings.insights import read_conversation, reader_of
from hub.recordings.listen import Heard, hear
from hub.recordings.redact import redact
from hub.recordings.take_out import silence_recording
from hub.recordings.transcripts import place_in, sealed_text
from hub.runtime import Hub
from hub.store.claims import claim, complete
from hub.store.connectors import paused_connectors
from hub.store.encryption.search_words import Searchable, index_words
from hub.store.quarantine.deaths import DEATH_WAIT, after_death
from hub.store.writers.webhook_events import note_changes_of
from hub.texts.doubts import is_refused_already, queue_doubt, refused_by
from hub.texts.quotes import READ_AS, is_doubtful, is_sure, said_by_caller
from hub.texts.words import Reading, read

log = structlog.get_logger(__name__)
LEAST_TIME = 600.0
SLOWEST = 2.0
"""Seconds that a plugin may take per second of recording, even on a slow machine."""
TRIES = 3
"""Tries for a plugin that crashes or times out. Each try may take many minutes."""


class Unheard(RingfenceError):
    """There is nothing to transcribe, and there never will be."""


def transcribe_due(hub: Hub, directory: Directory, where: Sequence[object] = (), jitter: Jitter = full_jitter) -> int:
    """Transcribe the recording that has waited longest. Returns how many were claimed: one or none.

    All processes together transcribe one recording at a time, because it takes long and the machine has other work. A
    recording that `where` selects is transcribed at once.
    """
    with hub.store.reading() as session:
        paused = paused_connectors(session)
    reachable = (col(TranscriptRow.connector).not_in(list(paused)),) if paused else ()
    due = (*where, *reachable)
    token, rows = claim(hub.store, TranscriptRow, now=hub.clock(), limit=1, where=due, alone=True)
    for row in rows:
        with hub.heartbeat.keeping(TranscriptRow, token):
            _take(hub, directory, row, token, jitter)
    return len(rows)


def _take(hub: Hub, directory: Directory, row: TranscriptRow, token: str, jitter: Jitter) -> None:
    try:
        outcome = (_transcribe if row.sealed is None else read_conversation)(hub, directory, row, token)
    except PluginDied as error:
        outcome = after_death(TranscriptRow, row, error, hub.clock() + DEATH_WAIT, hub.clock())
    except Exception as error:  # noqa: BLE001 - whatever it is, the transcript must end in a state that says so
        outcome = _after(hub, row, error, jitter)
    if outcome is None:
        return
    metrics.FLOW.labels("transcripts", outcome["state"]).inc()
    with hub.store.writing() as session:
        complete(session, TranscriptRow, [row.id], token, **outcome)


def _transcribe(hub: Hub, directory: Directory, row: TranscriptRow, token: str) -> dict[str, object] | None:
    """The row's new values. None if they are written already, together with the transcript."""
    with hub.store.reading() as session:
        heard = hear(hub, session, row.recording_id, by_machine=True)
        call = session.get(Call, heard.row.call_id) if heard else None
        cases = load_cases(session, directory, [call], hub.clock()) if call else []
    if heard is None or heard.audio is None:
        raise Unheard(f"The recording cannot be heard: {heard.why if heard else 'it does not exist'}.")
    if call is None or not cases:
        raise Unheard("The call's company is no longer in config.yaml.")
    audio: Any = SpokenAudio(
        audio=heard.audio,
        content_type=heard.row.content_type or "",  # type: ignore[arg-type]
        language=row.language,
    )
    deadline = max(LEAST_TIME, SLOWEST * (heard.row.duration or 0))
    hook = TranscriptionHooks.transcribe
    try:
        transcript = ask_plugin(hub, cases[0], call, heard.row.kind, row.connector, hook, audio, deadline)
    except Denied as denied:
        return {"state": TranscriptState.DENIED, "reason": str(denied)}
    found = redact(transcript.parts, row.language, health=cases[0].company.sensitive == "health")
    if hub.config.recordings.silence_numbers:
        silence_recording(hub, heard, found.silences)
    return _write(hub, row, call, heard, replace(transcript, parts=found.parts), token)


def _write(
    hub: Hub, row: TranscriptRow, call: Call, heard: Heard, transcript: Transcript, token: str
) -> dict[str, object] | None:
    reading = read(said_by_caller(transcript.parts), READ_AS[RefusalSource.CALL])
    with hub.store.writing() as session:
        key = session.get(PersonKey, heard.key_id, populate_existing=True)
        if key is None or key.wrapped is None:
            # The caller was erased during transcription. Encrypting now would create a new key for an erased person.
            raise Unheard("The caller was erased while it was transcribed; nothing of it is stored.")
        plain = sealed_text(transcript.parts)
        sealed = hub.vault.seal(session, call.company_id, call.caller_number, call.id, plain, place_in(row.id))
        company = session.get(Company, call.company_id)
        reader = reader_of(hub, company.name) if company and transcript.parts else None
        outcome = {
            "state": TranscriptState.READY if reader else TranscriptState.WRITTEN,
            "reason": None,
            "model": transcript.model,
            "written_at": hub.clock(),
            **({"connector": reader[0], "attempts": 0, "due_at": hub.clock()} if reader else {}),
        }
        if not complete(session, TranscriptRow, [row.id], token, sealed=sealed, **outcome):
            return None  # its caller ended the recording meanwhile, or another worker has it
        note_written(session, hub, row, call, heard.row, transcript.parts, reading)
    metrics.FLOW.labels("transcripts", TranscriptState.WRITTEN).inc()
    return None


def note_written(
    session: Session,
    hub: Hub,
    row: TranscriptRow,
    call: Call,
    recording: Recording,
    parts: Sequence[TranscriptPart],
    reading: Reading,
) -> None:
    """What follows when a transcript is written, in its transaction: its words are found, what the caller may have refused is
    queued, and the change of the call is noted."""
    words = " ".join(part.text or "" for part in parts)
    index_words(hub.vault, session, [Searchable(row.id, call.company_id, words, spoken=True)])
    _queue_refusal(session, hub, row, call, recording, reading)
    note_changes_of(session, call.id, ("transcription",), hub.clock())


def _queue_refusal(
    session: Session, hub: Hub, row: TranscriptRow, call: Call, recording: Recording, reading: Reading
) -> None:
    """Queue what the caller may have refused. A transcript is never sure of the words, so a user decides."""
    if not (is_sure(reading) or is_doubtful(reading)) or call.company_id is None or call.caller_number is None:
        return
    refused = refused_by(reading.channels)
    if not is_refused_already(session, hub, call.company_id, call.caller_number, refused):
        queue_doubt(
            session,
            hub,
            RefusalSource.VOICEMAIL if recording.kind == "voicemail" else RefusalSource.CALL,
            row.id,
            company_id=call.company_id,
            subject_id=call.id,
            number=call.caller_number,
            refused=refused,
            at=recording.recorded_at,
            now=hub.clock(),
        )


def _after(hub: Hub, row: TranscriptRow, error: Exception, jitter: Jitter) -> dict[str, object]:
    """The row's next state after an error: a retry with the schedule of deliveries, or the end with the reason. What is
    written stays written, though nothing could be read in it."""
    now = hub.clock()
    reason = str(error) if isinstance(error, RingfenceError) else f"crashed ({type(error).__name__})"
    if not isinstance(error, RingfenceError):
        log.error("transcript failed", transcript=row.id, error=type(error).__name__, at=place_of(error))
    given_up = isinstance(error, Rejected | NotSupported | Unheard)
    given_up = given_up or (not isinstance(error, RetryLater) and row.attempts >= TRIES)
    after = error.after if isinstance(error, RetryLater) else None
    ended = TranscriptState.FAILED if row.sealed is None else TranscriptState.WRITTEN
    due = None if given_up else next_try(now, row.attempts, retry_after=after, jitter=jitter)
    if due is None:
        return {"state": ended, "reason": reason, "due_at": now}
    return {"state": TranscriptState.READY, "reason": reason, "due_at": max(due, now + timedelta(seconds=1))}
