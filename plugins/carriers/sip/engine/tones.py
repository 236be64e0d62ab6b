"""Tones that the line makes: the beep before a message and the ringback of several countries (ITU-T E.180)."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache

from plugins.carriers.sip.engine.interface import RATE

_RINGBACK = {
    "US": ((440, 480), ((2.0, 4.0),)),
    "CA": ((440, 480), ((2.0, 4.0),)),
    "GB": ((400, 450), ((0.4, 0.2), (0.4, 2.0))),
    "AU": ((400, 450), ((0.4, 0.2), (0.4, 2.0))),
    "DE": ((425,), ((1.0, 4.0),)),
    "FR": ((440,), ((1.5, 3.5),)),
}
_FADE = 0.005


@lru_cache(maxsize=32)
def tone(frequencies: tuple[int, ...], seconds: float, level: float = 0.2) -> bytes:
    """A sum of sines, faded in and out so that it does not click. `level` is that of each sine, 1 being full."""
    count = int(seconds * RATE)
    fade = int(_FADE * RATE)
    samples = array("h", bytes(2 * count))
    for at in range(count):
        edge = min(1.0, at / fade, (count - 1 - at) / fade)
        wave = sum(math.sin(2 * math.pi * each * at / RATE) for each in frequencies)
        samples[at] = max(-32767, min(32767, int(32767 * level * edge * wave)))
    return samples.tobytes()


def beep() -> bytes:
    """What a caller hears before a recording."""
    return tone((1000,), 0.4)


@lru_cache(maxsize=8)
def ringback(country: str = "US") -> bytes:
    """One round of the ringback tone, to be repeated; the American one for a country that is not listed."""
    frequencies, rounds = _RINGBACK.get(country, _RINGBACK["US"])
    return b"".join(tone(frequencies, on, 0.1) + bytes(2 * int(off * RATE)) for on, off in rounds)


@lru_cache(maxsize=1)
def music() -> bytes:
    """What somebody hears while the call is held, to be repeated: a quiet tune, and a pause."""
    notes = (392, 523, 659, 523, 440, 587, 698, 587)
    return b"".join(tone((note,), 0.4, 0.06) for note in notes) + bytes(2 * RATE)
