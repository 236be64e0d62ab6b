"""A recording's waveform is computed once from its sound, and goes with it."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable

import pytest
from recorder import mp3, tell_of, tone
from testbed import TestHub

from hub.model import Recording, RecordingPeaks
from hub.privacy.erasure.reach import PersonData
from hub.privacy.erasure.rows import erase_rows
from hub.proof.demo.sound import conversation_audio
from hub.recordings.keep import end_expired, fetch_due
from hub.recordings.listen import waveform
from hub.recordings.peaks import PARTS, Peaks, peaks_of

QUIET, LOUD = 300, 30_000


def wav(samples: bytes, channels: int = 1, bits: int = 16, coding: int = 1, rate: int = 8_000) -> bytes:
    size = channels * bits // 8
    fmt = struct.pack("<HHIIHH", coding, channels, rate, rate * size, size, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def stereo(seconds: int = 4) -> bytes:
    """The caller is loud in the first half, the business in the second."""
    stream = io.BytesIO()
    half = 8_000 * seconds // 2
    with wave.open(stream, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(struct.pack("<2h", LOUD, -QUIET) * half + struct.pack("<2h", QUIET, -LOUD) * half)
    return stream.getvalue()


def test_each_channel_has_its_own_waveform() -> None:
    peaks = peaks_of(stereo())
    assert peaks is not None
    caller, business = peaks.channels
    assert len(caller) == len(business) == PARTS
    assert min(caller[: PARTS // 2]) > 200 and max(caller[PARTS // 2 + 1 :]) < 5
    assert max(business[: PARTS // 2 - 1]) < 5 and min(business[PARTS // 2 :]) > 200
    assert peaks.loudest == max(caller)


@pytest.mark.parametrize(
    "data",
    [
        wav(bytes([0xFF] * 4_000 + [0x80] * 4_000), bits=8, coding=7),
        wav(bytes([0xD5] * 4_000 + [0xAA] * 4_000), bits=8, coding=6),
        wav(bytes([128] * 4_000 + [255] * 4_000), bits=8, coding=1),
    ],
    ids=["mu-law", "A-law", "8 bits"],
)
def test_silence_and_the_loudest_sound_are_told_apart_in_each_coding(data: bytes) -> None:
    peaks = peaks_of(data)
    assert peaks is not None
    (only,) = peaks.channels
    assert max(only[: PARTS // 2]) <= 1 and min(only[PARTS // 2 :]) > 240


def test_a_short_sound_has_as_many_parts_as_samples() -> None:
    peaks = peaks_of(wav(struct.pack("<3h", 0, 32_767, -32_768)))
    assert peaks == Peaks((bytes([0, 254, 255]),))


@pytest.mark.parametrize(
    "data",
    [mp3(), b"", wav(bytes(400), bits=4, coding=0x11), wav(bytes(60), channels=3, bits=16), wav(b"")[:20]],
    ids=["MP3", "nothing", "ADPCM", "three channels", "a header alone"],
)
def test_sound_that_the_hub_cannot_read_has_no_waveform(data: bytes) -> None:
    assert peaks_of(data) is None


def drawn(stage: TestHub, recording_id: str) -> Peaks | None:
    with stage.hub.store.reading() as session:
        return waveform(stage.hub, session, session.get_one(Recording, recording_id))


def test_the_waveform_is_stored_with_the_recording(recording_hub: Callable[..., TestHub]) -> None:
    stage = recording_hub()
    row = tell_of(stage, audio=stereo(), seconds=4)
    fetch_due(stage.hub)
    (stored,) = stage.rows(RecordingPeaks)
    assert (stored.recording_id, stored.channels, len(stored.peaks)) == (row.id, 2, 2 * PARTS)
    assert drawn(stage, row.id) == peaks_of(stereo())


def test_a_recording_from_before_waveforms_gets_its_own_when_it_is_first_shown(
    recording_hub: Callable[..., TestHub],
) -> None:
    stage = recording_hub()
    row = tell_of(stage)
    fetch_due(stage.hub)
    with stage.hub.store.writing() as session:
        session.delete(session.get_one(RecordingPeaks, row.id))
    assert drawn(stage, row.id) == peaks_of(tone()) is not None
    assert len(stage.rows(RecordingPeaks)) == 1


def test_an_mp3_has_no_waveform(recording_hub: Callable[..., TestHub]) -> None:
    stage = recording_hub()
    row = tell_of(stage, audio=mp3())
    fetch_due(stage.hub)
    assert drawn(stage, row.id) is None and stage.rows(RecordingPeaks) == []


def test_the_waveform_ends_with_the_recording(recording_hub: Callable[..., TestHub]) -> None:
    stage = recording_hub()
    row = tell_of(stage)
    fetch_due(stage.hub)
    stage.clock.advance(days=4_000)
    assert end_expired(stage.hub) == 1
    assert stage.rows(RecordingPeaks) == [] and drawn(stage, row.id) is None


def test_an_erasure_deletes_the_waveform(recording_hub: Callable[..., TestHub]) -> None:
    stage = recording_hub()
    row = tell_of(stage)
    fetch_due(stage.hub)
    with stage.hub.store.writing() as session:
        erase_rows(session, PersonData(calls=frozenset({row.call_id})), stage.clock())
    assert stage.rows(RecordingPeaks) == []


def test_the_calls_of_the_demo_have_a_waveform_of_two_speakers() -> None:
    peaks = peaks_of(conversation_audio(60))
    assert peaks is not None and len(peaks.channels) == 2
    talking = [(caller > 10, business > 10) for caller, business in zip(*peaks.channels, strict=True)]
    assert (True, False) in talking and (False, True) in talking
    assert talking.count((True, True)) < len(talking) / 4, "only where one speaker follows the other"
