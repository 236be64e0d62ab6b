"""The sound of the demo's calls: two people hum in turns, each on a channel of their own, as long as they talk."""

from __future__ import annotations

import io
import math
import random
import wave
from functools import cache, lru_cache

RATE = 4_000
"""Samples per second, one byte each: small files for the user of the demo. Browsers play nothing below 3,000."""
TILES_PER_SECOND = 10
"""The sound is put together from tiles of equal length, each with one loudness for each channel."""
PITCHES = (200, 140)
"""Hertz, of the caller and of the business; a tile holds whole waves, so that tiles join without a click."""
LOUDNESS = (0, 10, 24, 40, 60)
TURN_TILES = (15, 60)
"""The shortest and the longest turn of one speaker."""


@lru_cache(maxsize=32)
def conversation_audio(seconds: int, people: int = 2) -> bytes:
    """A WAV file of the given number of seconds, at least one; the same each time. One person alone leaves a message."""
    count, chosen = max(1, seconds) * TILES_PER_SECOND, random.Random(seconds)  # noqa: S311 - a hum needs no secret
    tiles: list[bytes] = []
    speaker = people - 1
    while len(tiles) < count:
        for _ in range(chosen.randint(*TURN_TILES)):
            loud = chosen.choice(LOUDNESS)
            tiles.append(_tile(tuple(loud if each == speaker else 0 for each in range(people))))
        speaker = (speaker + 1) % people
    wanted = io.BytesIO()
    with wave.open(wanted, "wb") as file:
        file.setnchannels(people)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(b"".join(tiles[:count]))
    return wanted.getvalue()


@cache
def _tile(loudness: tuple[int, ...]) -> bytes:
    frames = RATE // TILES_PER_SECOND
    return bytes(
        128 + round(loud * math.sin(2 * math.pi * pitch * frame / RATE))
        for frame in range(frames)
        for loud, pitch in zip(loudness, PITCHES, strict=False)
    )
