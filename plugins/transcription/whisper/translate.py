"""Translate a recording to Whisper's format (16,000 samples a second, each channel separate), and its languages, parts and
confidence to ours."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from io import BytesIO
from typing import Any, Literal, Protocol

from hub.api import Rejected, SpokenAudio, TranscriptPart

RATE = 16_000
MAX_COMPRESSION = 2.4
"""A text that is longer than so many times its compressed form repeats itself: Whisper invented it. Its makers' threshold."""
MAX_AUDIO_SECONDS = 2 * 60 * 60
"""Seconds; an hour takes about 500 MB of memory while it is transcribed."""
FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def channels_of(audio: SpokenAudio) -> list[Any]:
    """One array of samples (-1 to 1) per channel, one or two. Raises Rejected if it is not audio, or too long.

    FFmpeg gets the format and must not guess it: it could guess a playlist that names other files.
    """
    import av
    import numpy

    if audio.content_type not in FORMATS:
        raise Rejected(f"A recording is WAV or MP3, not {audio.content_type[:40]!r}.")
    pieces: list[Any] = []
    seconds = 0.0
    try:
        with av.open(BytesIO(audio.audio or b""), format=FORMATS[audio.content_type]) as container:
            stream = container.streams.audio[0]
            layout = "mono" if stream.codec_context.channels == 1 else "stereo"
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
            for frame in container.decode(stream):
                for resampled in resampler.resample(frame):
                    pieces.append(resampled.to_ndarray())
                    seconds += resampled.samples / RATE
                if seconds > MAX_AUDIO_SECONDS:
                    raise Rejected(
                        f"The recording is longer than {MAX_AUDIO_SECONDS // 3600} hours; it is not transcribed."
                    )
            pieces += [resampled.to_ndarray() for resampled in resampler.resample(None)]
    except (av.error.FFmpegError, ValueError, IndexError):
        raise Rejected("The recording is not readable audio.") from None
    if not pieces:
        raise Rejected("There is no sound in the recording.")
    return list(numpy.concatenate(pieces, axis=1))


Channel = Literal["caller", "business", "both"]
CHANNELS: dict[int, tuple[Channel, ...]] = {1: ("both",), 2: ("caller", "business")}


class Segment(Protocol):
    """Whisper's result for some seconds of speech."""

    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float


def language_code(language: str, known: Collection[str]) -> str:
    """Whisper's code for a BCP 47 language (`en-US` is `en`). Raises Rejected if the model does not support it."""
    code = language.partition("-")[0].lower()
    if code not in known:
        raise Rejected(
            f"This Whisper model does not know the language {language[:20]!r}; name one of several languages with `model:`."
        )
    return code


def parts_of(segments: Iterable[Segment], channel: Channel, seconds: float) -> list[TranscriptPart]:
    """The parts of one channel of `seconds` length; parts without words are left out, and those that repeat themselves."""
    return [
        TranscriptPart(
            start=min(max(segment.start, 0.0), seconds),
            end=min(max(segment.end, segment.start, 0.0), seconds),
            text=segment.text.strip(),
            channel=channel,
            confidence=math.exp(min(segment.avg_logprob, 0.0)),
        )
        for segment in segments
        if segment.text.strip() and segment.compression_ratio <= MAX_COMPRESSION
    ]
