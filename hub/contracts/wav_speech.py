"""Who speaks when in a WAV file, by loudness: what the stand-in of a service that transcribes needs to know. Pure."""

from __future__ import annotations

import io
import wave
from array import array
from dataclasses import dataclass

QUIET = {1: 4, 2: 200}
"""By bytes per sample: the difference from silence up to which nobody speaks. The demo's sound has 1 byte per sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What one channel has, from its first to its last sound, in seconds from the beginning."""

    channel: int
    """0 is the first."""
    start: float
    end: float


def speech_in(wav: bytes) -> tuple[int, list[Speech]]:
    """The number of channels, and the speech of each channel that is not silent. ValueError if it is not a WAV file of 8 or
    16 bits per sample."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            channels, rate, width = file.getnchannels(), file.getframerate(), file.getsampwidth()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        raise ValueError("This is not a WAV file.") from None
    if width not in QUIET:
        raise ValueError("A sample has 8 or 16 bits.")
    samples = frames if width == 1 else array("h", frames[: len(frames) // 2 * 2])
    middle = 128 if width == 1 else 0
    found = []
    for channel in range(channels):
        levels = enumerate(samples[channel::channels])
        loud = [at for at, level in levels if abs(level - middle) > QUIET[width]]
        if loud:
            found.append(Speech(channel=channel, start=loud[0] / rate, end=loud[-1] / rate))
    return channels, found
