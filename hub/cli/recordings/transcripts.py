"""`hub recordings transcript` and `transcribe`: read a transcript, which is audited, and retry a transcription."""

from __future__ import annotations

from typing import Any

import typer
from sqlmodel import col, select, update

from hub.cli.recordings.lookup import RecordingId, found_recording
from hub.cli.support.audit_note import actor, note
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, colored, echo_json, plain, say
from hub.errors import CannotDo
from hub.model import Call, TranscriptRow
from hub.model.states import TranscriptState
from hub.platform.fields import only
from hub.recordings.listen import note_listening
from hub.recordings.transcribe import transcribe_due
from hub.recordings.transcripts import read_transcript, want_transcript
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

PART = only("start", "end", "channel", "text", "confidence")


def transcript(
    recording_id: RecordingId, as_json: AsJson = False, sandbox: Sandboxed = False, config: ConfigFile = CONFIG
) -> None:
    """Print the machine transcript of a recording. Each reading is in the audit trail."""
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        with opened.hub.store.reading() as session:
            row = found_recording(session, recording_id)
            read = read_transcript(opened.hub, session, row.id)
        if read is None:
            raise CannotDo(f"No transcript of {row.id} was wanted; `hub recordings transcribe {row.id}` makes one.")
        if read.parts is None:
            is_open = read.row.state in (TranscriptState.READY, TranscriptState.LEASED)
            state = "not written yet" if is_open else str(read.row.state)
            raise CannotDo(f"The transcript of {row.id} is {state}: {read.why}")
        with opened.hub.store.writing() as session:
            note_listening(session, opened.hub, actor(), "recording.transcript", row.id)
    if as_json:
        echo_json({"recording": row.id, "model": read.row.model, "parts": list(map(PART, read.parts))})
        return
    say(f"Transcribed by {plain(read.row.model)}; machine output, not a record of what was said.")
    for part in read.parts:
        who = "" if part.channel == "both" else f"{part.channel}: "
        say(f"{_clock(part.start)}  {who}{plain(part.text)}")
    if not read.parts:
        say("No words were recognized.")


def transcribe(recording_id: RecordingId, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> None:
    """Transcribe a stored recording now: retry a failed or denied one, or one from before transcripts were turned on.

    Exits with status 1 if there is still no transcript.
    """
    with open_hub(read_config(config, sandbox=sandbox)) as opened:
        hub, now = opened.hub, opened.hub.clock()
        if hub.config.recordings.transcribe is None:
            raise CannotDo("config.yaml names no connector for it; write `transcribe:` below `recordings:`.")
        with hub.store.writing() as session:
            row = found_recording(session, recording_id)
            if row.stored_at is None or row.path is None:
                raise CannotDo(f"The recording {row.id} is {row.state}; there is nothing to transcribe.")
            want_transcript(session, hub, row, session.get_one(Call, row.call_id), now)
            mine = col(TranscriptRow.recording_id) == row.id
            unwritten = col(TranscriptRow.sealed).is_(None)
            open_again = (TranscriptState.READY, TranscriptState.FAILED, TranscriptState.DENIED)
            again = update(TranscriptRow).where(mine, unwritten, col(TranscriptRow.state).in_(open_again))
            wanted = {"connector": hub.config.recordings.transcribe, "language": hub.config.recordings.language}
            session.execute(again.values(state=TranscriptState.READY, due_at=now, attempts=0, **wanted))
            note(session, now, "recording.transcribe", row.id)
        while transcribe_due(hub, opened.directory.current(), where=(mine,)):
            pass  # it is written, and then read
        with hub.store.reading() as session:
            after = session.exec(_of(row.id)).first()
    if after is None:
        raise CannotDo("The connector's `companies:` leave out the company of this recording.")
    say(f"Transcript of {row.id}: {colored(after.state)}{f', {plain(after.reason)}' if after.reason else ''}")
    if after.sealed is None:
        raise typer.Exit(1)


def _of(recording_id: str) -> Any:
    return select(TranscriptRow).where(TranscriptRow.recording_id == recording_id)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02}:{rest:02}"
