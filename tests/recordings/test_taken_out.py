"""A number that was said on a call is neither read nor heard by anybody, from the moment that the recording is stored."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorder import PARTS, WRITTEN, PaperEars, Recorder, tell_of, tone
from sqlalchemy import update
from testbed import CALLER, CONNECTORS, TestHub

from hub.api import RetryLater, Transcript, TranscriptPart
from hub.model import Call, Recording, RecordingPeaks, TranscriptRow
from hub.privacy_requests.people import set_hold
from hub.recordings.end import end_recording
from hub.recordings.keep import fetch_due
from hub.recordings.listen import hear
from hub.recordings.transcribe import transcribe_due
from hub.recordings.transcripts import read_transcript

Factory = Callable[..., TestHub]
CARD = TranscriptPart(start=0.5, end=1.0, text="It is 4242 4242 4242 4242.", channel="caller")
TOLD = replace(WRITTEN, parts=(CARD, *PARTS[1:]))


@pytest.fixture
def stage(hub: Callable[..., TestHub], tmp_path: Any) -> TestHub:
    """A hub that has stored a recording in which a card number is said; it is not transcribed yet."""
    return opened(hub, tmp_path)


def opened(hub: Callable[..., TestHub], folder: Any, audio: bytes | None = None, **section: Any) -> TestHub:
    """Such a hub, with more below `recordings:`."""
    connectors = {**CONNECTORS, "carrier": Recorder, "ears": PaperEars}
    found = hub(connectors=connectors, recordings={"storage": str(folder / "shelf"), "transcribe": "ears", **section})
    found.ears.script.append(TOLD)
    tell_of(found, audio=audio)
    found.flow()
    fetch_due(found.hub)
    return found


def transcribe(stage: TestHub) -> None:
    assert transcribe_due(stage.hub, stage.directory, jitter=lambda longest: longest) == 1


def heard(stage: TestHub) -> Any:
    with stage.hub.store.reading() as session:
        return hear(stage.hub, session, stage.one(Recording).id)


def samples(audio: bytes) -> memoryview:
    with wave.open(io.BytesIO(audio)) as file:
        return memoryview(file.readframes(file.getnframes())).cast("h")


def test_the_number_is_silent_and_unwritten_and_everything_else_is_as_it_was(stage: TestHub) -> None:
    peaks = stage.one(RecordingPeaks).peaks
    transcribe(stage)
    with stage.hub.store.reading() as session:
        read = read_transcript(stage.hub, session, stage.one(Recording).id)
    assert read is not None and [part.text for part in read.parts or ()] == [
        "It is [card number removed].", "We come today.",
    ]  # fmt: skip
    now, before = samples(heard(stage).audio), samples(tone())
    assert len(now) == len(before)
    assert not any(now[4_000:8_000]), "the number is still heard"
    assert now[:4_000] == before[:4_000] and now[8_000:] == before[8_000:]
    assert stage.one(RecordingPeaks).peaks != peaks, "the waveform shows what was said"


def test_nobody_hears_a_recording_before_it_is_transcribed(stage: TestHub) -> None:
    assert heard(stage).audio is None and "transcribed first" in heard(stage).why
    stage.ears.script[:] = [RetryLater("not now"), TOLD]
    transcribe(stage)
    assert heard(stage).audio is None, "it was tried and not transcribed"
    stage.clock.advance(hours=1)
    transcribe(stage)
    assert heard(stage).audio is not None


def test_a_transcript_that_is_given_up_keeps_nobody_from_listening(stage: TestHub) -> None:
    stage.ears.script[:] = [ValueError("no words")] * 3
    for _ in range(3):
        transcribe(stage)
        stage.clock.advance(hours=1)
    assert stage.one(TranscriptRow).state == "failed" and heard(stage).audio == tone()


def test_a_company_that_wants_its_audio_whole_hears_it_at_once(hub: Callable[..., TestHub], tmp_path: Any) -> None:
    stage = opened(hub, tmp_path, silence_numbers=False)
    assert heard(stage).audio == tone()
    transcribe(stage)
    assert heard(stage).audio == tone()


def test_a_hub_that_dies_after_it_silenced_the_audio_ends_with_one_truth(stage: TestHub) -> None:
    stored = stage.one(Recording).sha256
    stage.ears.script[:] = [TOLD, replace(WRITTEN, parts=PARTS[1:])]
    transcribe(stage)
    silenced = stage.one(Recording).sha256
    assert silenced != stored
    with stage.hub.store.writing() as session:
        session.execute(update(Recording).values(sha256=stored))
        session.execute(update(TranscriptRow).values(state="ready", sealed=None, due_at=stage.clock()))
    transcribe(stage)
    assert stage.one(Recording).sha256 == silenced


def test_audio_on_hold_is_not_altered(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        set_hold(session, stage.hub, stage.directory.companies["lakeside"].id, CALLER, None, "Case 17", "officer")
    transcribe(stage)
    assert heard(stage).audio == tone()


def test_audio_that_cannot_be_silenced_is_deleted_with_its_reason(hub: Callable[..., TestHub], tmp_path: Any) -> None:
    strange = bytearray(tone())
    strange[20:22] = (49).to_bytes(2, "little")
    stage = opened(hub, tmp_path, audio=bytes(strange))
    transcribe(stage)
    row = stage.one(Recording)
    assert (row.state, row.path, heard(stage).audio) == ("gone", None, None)
    assert "must not be heard" in heard(stage).why
    assert not [each for each in (tmp_path / "shelf").rglob("*") if each.is_file()]


def test_a_caller_who_refuses_while_it_is_transcribed_leaves_no_audio(stage: TestHub, tmp_path: Path) -> None:
    def refuse() -> Transcript:
        end_recording(stage.hub, stage.one(Call), "anna")
        fetch_due(stage.hub)
        return TOLD

    stage.ears.script[:] = [refuse]
    transcribe(stage)
    assert stage.one(Recording).path is None and stage.one(TranscriptRow).state == "gone"
    assert stage.rows(RecordingPeaks) == []
    assert not [each for each in (tmp_path / "shelf").rglob("*") if each.is_file()]
