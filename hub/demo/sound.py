"""The sound of the demo's calls: a quiet hum, as long as the people talk."""

from __future__ import annotations

import io
import math
import wave
from functools import lru_cache

RATE = 2_000
"""Samples per second, one byte each: enough for a hum, and small files for the user of the demo."""
PITCH = 200


@lru_cache(maxsize=32)
def conversation_audio(seconds: int) -> bytes:
    """A WAV file of the given number of seconds, at least one."""
    wanted = io.BytesIO()
    period = bytes(128 + round(24 * math.sin(2 * math.pi * step * PITCH / RATE)) for step in range(RATE // PITCH))
    with wave.open(wanted, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(period * (PITCH * max(1, seconds)))
    return wanted.getvalue()
