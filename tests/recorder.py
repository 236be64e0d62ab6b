"""A carrier on paper that keeps recordings, sound to keep there, and what is stored before somebody is recorded."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fake_connectors import FakeCarrier, Settings, play
from testbed import CALLER, SHARED, TestHub, finished_call

from hub.api import (
    CallEvent,
    Claim,
    Connector,
    Conversation,
    DataFlow,
    Insight,
    Manifest,
    Recipient,
    Share,
    SpokenAudio,
    Transcript,
    TranscriptPart,
    hookimpl,
)
from hub.api.carriers import RecordingAudio, RecordingControl
from hub.model import Recording, RecordingNotice


class Recorder(FakeCarrier):
    """`kept` are the carrier's recordings by id; `fetches` and `deletions` are answers that come before its own."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kept: dict[str, bytes] = {}
        self.fetches: list[Any] = []
        self.deletions: list[Any] = []
        self.fetched: list[str] = []
        self.deleted: list[str] = []
        self.controls: list[tuple[str, str]] = []
        self.controlling: list[Any] = []

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        self.fetched.append(recording_id)
        data = play(self.fetches) if self.fetches else self.kept[recording_id]
        return RecordingAudio(content_type="audio/x-anything", data=data)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        if self.deletions:
            play(self.deletions)
        self.deleted.append(recording_id)
        self.kept.pop(recording_id, None)

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        if self.controlling:
            play(self.controlling)
        self.controls.append((call_id, control))


PARTS = (
    TranscriptPart(start=0.0, end=1.0, text="My sink is blocked.", channel="caller", confidence=0.8),
    TranscriptPart(start=1.0, end=2.0, text="We come today.", channel="business"),
)
WRITTEN = Transcript(language="en-US", model="paper ears", parts=PARTS)


class PaperEars(Connector):
    """A transcription plugin that hears what its script says."""

    manifest = Manifest(
        name="paper_ears",
        kind="transcription",
        version="1",
        summary="Ears on paper.",
        recipient=Recipient(name="this machine", role="none"),
        flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),),
    )
    Settings = Settings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.script: list[Any] = []
        self.heard: list[SpokenAudio] = []

    @hookimpl
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        self.heard.append(audio)
        return play(self.script) if self.script else WRITTEN  # type: ignore[no-any-return]


BOOKED = Insight(
    model="paper eyes",
    summary="A sink is blocked; somebody comes today.",
    outcome=Claim(name="booked", confidence=0.9, lines=(2,)),
)


class PaperEyes(Connector):
    """An insight plugin that reads what its script says."""

    manifest = Manifest(
        name="paper_eyes",
        kind="insight",
        version="1",
        summary="Eyes on paper.",
        recipient=Recipient(name="this machine", role="none"),
        shares=(Share(field="lines"),),
    )
    Settings = Settings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.script: list[Any] = []
        self.read: list[Conversation] = []

    @hookimpl
    def read_conversation(self, conversation: Conversation) -> Insight:
        self.read.append(conversation)
        return play(self.script) if self.script else BOOKED  # type: ignore[no-any-return]


def tone(seconds: float = 2.0, rate: int = 8_000) -> bytes:
    """A WAV file: a tone of 440 Hz, one channel, as telephones carry it."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        count = int(seconds * rate)
        file.writeframes(
            struct.pack(f"<{count}h", *(int(9_000 * math.sin(440 * math.tau * i / rate)) for i in range(count)))
        )
    return stream.getvalue()


def mp3(seconds: float = 2.0) -> bytes:
    """An MP3 file of silence: frames of layer III at 32 kbit/s and 8 kHz (MPEG 2.5), 72 ms each."""
    frame = bytes([0xFF, 0xE3, 0x48, 0xC4]) + bytes(284)
    return frame * math.ceil(seconds / 0.072)


def tell_of(
    stage: TestHub,
    recording_id: str = "RE1",
    *,
    audio: bytes | None = None,
    kind: Any = "recorded",
    seconds: int | None = 2,
    choice: str | None = "announced",
    caller: str | None = CALLER,
    call_id: str = "CA1",
) -> Recording:
    """A call is over and its recording is ready at the carrier; before, its caller was told as `choice` says."""
    at = stage.clock()
    stage.carrier.kept[recording_id] = tone() if audio is None else audio
    if choice is not None:
        notice(stage, call_id, choice, at)
    recorded = CallEvent(
        kind=kind,
        call_id=call_id,
        at=at + timedelta(seconds=95),
        recording_id=recording_id,
        recording_url=f"https://carrier.example.com/{recording_id}",
        recording_duration=seconds,
    )
    stage.tell(*finished_call(call_id, SHARED, caller, True, 90, at), recorded)
    return stage.one(Recording, carrier_recording_id=recording_id)


def notice(stage: TestHub, call_id: str, choice: str | None, at: datetime, *, point: str = "ringing") -> None:
    """What FLOW writes before the first recorded second."""
    stage.add(
        RecordingNotice(
            connector="carrier",
            carrier_call_id=call_id,
            company_id=stage.directory.companies["lakeside"].id,
            flow_version=1,
            point=point,
            step="dial",
            text="This call is recorded.",
            text_hash="0" * 64,
            choice=choice,
            reported_at=at,
            expires_at=at + timedelta(days=700),
        )
    )


def recordings(stage: TestHub) -> Sequence[Recording]:
    """All recordings as they stand."""
    return stage.rows(Recording)
