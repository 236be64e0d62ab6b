"""Links to recordings, and transcripts. Each access is in the audit log before the data is sent."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import FastAPI, HTTPException

from hub.access.permissions import Listening, right_to
from hub.access.users import may
from hub.model import Recording
from hub.recordings.end import end_recording
from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to
from hub.recordings.transcripts import read_transcript
from hub.web.api.action_schemas import RecordingEndAnswer
from hub.web.api.auth import AuthorizedRequest, MayEndRecording, MayVoicemail
from hub.web.api.once import OnlyOnce
from hub.web.api.schemas import Answer, LinkAnswer


class TranscriptPartAnswer(Answer):
    """Words that a machine recognized; times are seconds from the beginning."""

    start: float
    end: float
    channel: str
    text: str


class ClaimAnswer(Answer):
    """Something that a plugin read in a conversation; `lines` are the numbers of the parts that prove it, from 1 on."""

    name: str
    confidence: float
    lines: list[int]


class InsightAnswer(Answer):
    """What a plugin read in a conversation."""

    model: str
    summary: str
    outcome: ClaimAnswer | None
    signals: list[ClaimAnswer]


class TranscriptAnswer(Answer):
    """A transcript, and what was read in it."""

    recording_id: str
    model: str | None
    parts: list[TranscriptPartAnswer]
    insight: InsightAnswer | None = None


def add_recordings(api: FastAPI) -> None:
    """Add the routes for recordings and transcripts."""

    @api.post("/recordings/{recording_id}/link", operation_id="createRecordingLink")
    def link(authorized: MayVoicemail, recording_id: str, purpose: Literal["play", "download"] = "play") -> LinkAnswer:
        """Make a signed link to a recording's audio. The link works for the key's user for a limited time, and the audit log
        has it."""
        row = _recording(authorized, recording_id, "recordings")
        if row.path is None:
            raise HTTPException(409, "This recording is not stored, so it cannot be heard.")
        authorized.note("recording.link", row.id, purpose)
        ends = authorized.hub.clock().replace(microsecond=0) + MAX_LINK_LIFETIME
        made = Link(recording_id=row.id, user=authorized.user.id, purpose=purpose, expires_at=ends)
        public = str(authorized.hub.config.hub.public_url).rstrip("/")
        return LinkAnswer(url=public + path_to(made, authorized.hub.keyring), expires_at=ends)

    @api.post("/calls/{call_id}/recording/end", operation_id="endCallRecording")
    def end(authorized: MayEndRecording, once: OnlyOnce, call_id: str) -> RecordingEndAnswer:
        """End the recording of a call whose caller does not want it, and delete the audio."""
        with authorized.session() as session:
            call = authorized.scope.call(session, call_id)

        def action() -> dict[str, Any]:
            outcome, held = end_recording(authorized.hub, call, authorized.user.id)
            return {"outcome": outcome, "held": held}

        return RecordingEndAnswer.model_validate(once.do_alone(authorized, action))

    @api.get("/recordings/{recording_id}/transcript", operation_id="getTranscript")
    def transcript(authorized: MayVoicemail, recording_id: str) -> TranscriptAnswer:
        """The transcript of a recording. The audit log names the key's user as its reader."""
        row = _recording(authorized, recording_id, "transcripts")
        with authorized.session() as session:
            read = read_transcript(authorized.hub, session, row.id)
        if read is None:
            raise HTTPException(404, "Not found")
        if read.parts is None:
            raise HTTPException(409, f"This transcript cannot be read: {read.why}.")
        authorized.note("recording.transcript", row.id)
        parts = [TranscriptPartAnswer.model_validate(part) for part in read.parts]
        insight = InsightAnswer.model_validate(read.insight) if read.insight else None
        return TranscriptAnswer(recording_id=row.id, model=read.row.model, parts=parts, insight=insight)


def _recording(authorized: AuthorizedRequest, recording_id: str, listening: Listening) -> Recording:
    """The recording, if the user may hear or read it."""
    with authorized.session() as session:
        row: Recording = authorized.scope.one(session, Recording, recording_id)
        authorized.scope.call(session, row.call_id)
    if may(authorized.user, right_to(listening, row.kind)) is None:
        raise HTTPException(403, f"The role {authorized.user.role} may hear and read messages only, no conversations.")
    return row
