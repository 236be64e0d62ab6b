"""What a phone hears: how loud a piece of sound is, and how loud one tone in it. 16-bit PCM, mono, 8,000 samples a second."""

from __future__ import annotations

import math
from array import array
from functools import cache

RATE = 8_000
FRAME_SECONDS = 0.02
FRAME_BYTES = round(2 * RATE * FRAME_SECONDS)
LOUD = 300
"""The mean sample from which a frame counts as sound and not as the noise of a line."""
PEAK = 8_000
"""The highest sample of the tones."""
HUMMED = PEAK / 3
"""The level from which somebody hums: where another tone begins or ends, an eighth of it is in every tone beside it."""
LOWEST_TONE, TONES, TONE_STEP = 700, 40, 25
"""Hertz: below and between them lie no tones of the telephone, and each fits a whole number of times into a second."""
EVERY = 4
"""One sample in so many is looked at for the loudness."""


def tone_of(number: str | None) -> int:
    """The tone that a person hums, in hertz, by their number; all hidden callers share one."""
    return LOWEST_TONE + TONE_STEP * (sum((at + 1) * ord(each) for at, each in enumerate(number or "")) % TONES)


@cache
def hum(hertz: int) -> bytes:
    """One second of a tone, which joins the next one without a click."""
    turn = 2 * math.pi * hertz / RATE
    return array("h", (round(PEAK * math.sin(turn * each)) for each in range(RATE))).tobytes()


def is_sound(pcm: bytes) -> bool:
    """Whether there is more than the noise of a line."""
    samples = array("h", pcm)[::EVERY]
    return bool(samples) and sum(map(abs, samples)) > LOUD * len(samples)


def level(samples: array[int], hertz: int) -> float:
    """The peak of one tone (Goertzel's method)."""
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    return 2 * math.sqrt(max(0.0, last * last + before * before - factor * last * before)) / max(1, len(samples))


def is_hummed(pcm: bytes, hertz: int) -> bool:
    """Whether a tone is in it."""
    return level(array("h", pcm), hertz) > HUMMED
