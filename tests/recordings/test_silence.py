"""Parts of a recording become silent, in every coding that telephones write; everything else stays as it was."""

from __future__ import annotations

import io
import math
import struct
from array import array

import av
import numpy
import pytest
from recorder import tone

from hub.recordings.audio import inspect
from hub.recordings.peaks import peaks_of
from hub.recordings.redact import Silence
from hub.recordings.silence import CannotSilence, silenced

RATE, SECONDS = 8_000, 4


def wav(coding: int, bits: int, channels: int, sound: bytes) -> bytes:
    """A WAV file around raw sound."""
    width = bits // 8 * channels
    head = struct.pack("<HHIIHH", coding, channels, RATE, RATE * width, width, bits)
    parts = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def loud(bits: int, channels: int) -> bytes:
    """A tone that is far from silence at nearly each sample, in any coding."""
    samples = [0.7 * math.sin(440 * math.tau * at / RATE) for at in range(RATE * SECONDS)]
    if bits == 16:
        return array("h", [int(each * 20_000) or 9 for each in samples for _ in range(channels)]).tobytes()
    return bytes(int(64 + each * 60) for each in samples for _ in range(channels))


def decoded(data: bytes, content_type: str) -> numpy.ndarray:
    """The samples of each channel, by FFmpeg."""
    with av.open(io.BytesIO(data), format={"audio/wav": "wav", "audio/mpeg": "mp3"}[content_type]) as container:
        resampler = av.AudioResampler(format="fltp", rate=RATE)
        frames = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
    return numpy.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def encoded(channels: int, rate: int) -> bytes:
    """The tone as MP3, by LAME."""
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp3") as container:
        out = container.add_stream("libmp3lame", rate=rate, layout="stereo" if channels == 2 else "mono")
        sound = numpy.sin(440 * math.tau * numpy.arange(rate * SECONDS) / rate).astype("float32") * 0.7
        frame = av.AudioFrame.from_ndarray(
            numpy.stack([sound] * channels), format="fltp", layout="stereo" if channels == 2 else "mono"
        )
        frame.rate = rate
        for packet in (*out.encode(frame), *out.encode(None)):
            container.mux(packet)
    return stream.getvalue()


@pytest.mark.parametrize(("coding", "bits"), [(1, 16), (1, 8), (6, 8), (7, 8)], ids=["pcm16", "pcm8", "a-law", "u-law"])
def test_the_callers_channel_of_a_wav_is_silent_for_these_seconds_alone(coding: int, bits: int) -> None:
    data = wav(coding, bits, 2, loud(bits, 2))
    quiet = silenced(data, "audio/wav", [Silence(1.0, 2.5, "caller")])
    before, after = decoded(data, "audio/wav"), decoded(quiet, "audio/wav")
    assert len(quiet) == len(data) and inspect(quiet).seconds == SECONDS
    assert abs(after[0, RATE + 50 : 5 * RATE // 2 - 50]).max() < 0.001, "the caller is still heard"
    assert numpy.array_equal(after[1], before[1]), "the business is another channel"
    assert numpy.allclose(after[0, : RATE - 50], before[0, : RATE - 50])
    peaks = peaks_of(quiet)
    assert peaks is not None and max(peaks.channels[0][70:140]) <= 1 < max(peaks.channels[1][70:140])


def test_one_channel_of_both_is_silent_for_both() -> None:
    quiet = silenced(tone(), "audio/wav", [Silence(0.5, 99.0, "caller")])
    heard = decoded(quiet, "audio/wav")[0]
    assert abs(heard[RATE // 2 + 50 :]).max() < 0.001 < abs(heard[: RATE // 2]).max()


@pytest.mark.parametrize(("channels", "rate"), [(1, 8_000), (1, 16_000), (2, 22_050), (2, 44_100)])
def test_an_mp3_is_silent_for_these_seconds_and_plays_on(channels: int, rate: int) -> None:
    data = encoded(channels, rate)
    quiet = silenced(data, "audio/mpeg", [Silence(1.5, 2.0, "caller")])
    before, after = decoded(data, "audio/mpeg"), decoded(quiet, "audio/mpeg")
    assert after.shape == before.shape, "the recording is as long as before"
    assert abs(after[:, 3 * RATE // 2 : 2 * RATE]).max() < 0.01, "the words are still heard"
    assert numpy.allclose(after[:, : RATE // 2], before[:, : RATE // 2], atol=0.01)
    assert abs(after[:, 13 * RATE // 4 :]).max() > 0.3, "the recording goes on after it"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(wav(49, 8, 1, loud(8, 1)), "audio/wav"), (b"\xff\xfb" + bytes(100), "audio/mpeg"), (b"", "audio/wav")],
    ids=["gsm", "no frames", "nothing"],
)
def test_a_coding_that_cannot_be_silenced_is_named(data: bytes, content_type: str) -> None:
    with pytest.raises(CannotSilence):
        silenced(data, content_type, [Silence(0, 1, "both")])
