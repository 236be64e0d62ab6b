"""Pure tones: written, looked for in recordings, and looked for in vain. 16-bit PCM at 8 kHz, levels in dBFS."""

from __future__ import annotations

import math
import wave
from array import array
from itertools import pairwise
from pathlib import Path

RATE = 8_000
SILENT = -120.0
WINDOW = 0.1
"""Seconds of one look; shorter windows tell neighbouring tones less well apart."""


def tone(hertz: float, seconds: float, decibels: float = -10.0) -> bytes:
    """A sine as PCM; 0 hertz is silence."""
    peak = 32_767 * 10 ** (decibels / 20) if hertz else 0
    turn = 2 * math.pi * hertz / RATE
    return array("h", (round(peak * math.sin(turn * each)) for each in range(round(RATE * seconds)))).tobytes()


def write_tone(file: Path, hertz: float, seconds: float) -> None:
    """A mono WAV file with a tone."""
    with wave.open(str(file), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(tone(hertz, seconds))


def level(pcm: bytes, hertz: float) -> float:
    """How loud one frequency is in all of `pcm` (Goertzel), as the peak of its sine."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    if not samples:
        return SILENT
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return _decibels(2 * math.sqrt(max(power, 0.0)) / len(samples))


def loudness(pcm: bytes) -> float:
    """How loud `pcm` is over all frequencies, as the peak of a sine of the same power."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    return _decibels(math.sqrt(2 * sum(each * each for each in samples) / len(samples))) if samples else SILENT


def _decibels(peak: float) -> float:
    return 20 * math.log10(peak / 32_767) if peak > 0.03 else SILENT


class Sound:
    """What a WAV file holds, by channel."""

    def __init__(self, file: Path) -> None:
        with wave.open(str(file), "rb") as read:
            assert read.getsampwidth() == 2 and read.getframerate() == RATE, f"{file.name} is not 16-bit PCM at 8 kHz"
            count, frames = read.getnchannels(), array("h", read.readframes(read.getnframes()))
        self.channels = [frames[each::count].tobytes() for each in range(count)]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.channels[0]) / 2 / RATE

    def levels(self, hertz: float, channel: int = 0) -> list[float]:
        """The level of a tone, window by window."""
        width = 2 * round(RATE * WINDOW)
        pcm = self.channels[channel]
        return [level(pcm[at : at + width], hertz) for at in range(0, len(pcm) - width + 1, width)]

    def loudest(self, hertz: float, channel: int = 0) -> float:
        """The level in the loudest two windows in a row: a lost packet is a click, which has every frequency for one window."""
        return max(map(min, pairwise(self.levels(hertz, channel))), default=SILENT)

    def heard_for(self, hertz: float, channel: int = 0, above: float = -30.0) -> float:
        """For how many seconds a tone is heard."""
        return WINDOW * sum(each > above for each in self.levels(hertz, channel))

    def gaps(self, hertz: float, channel: int = 0, above: float = -30.0) -> list[float]:
        """The holes in a tone between its first and its last sound, in seconds, to 20 ms; shorter ones are not heard."""
        width, pcm = 2 * RATE // 50, self.channels[channel]
        heard = [level(pcm[at : at + width], hertz) > above for at in range(0, len(pcm) - width + 1, width)]
        marks = "".join("x" if each else "." for each in heard).strip(".")
        return [len(each) / 50 for each in marks.split("x") if each]
