"""The music of queues, in pieces of the same length: a caller hears one after the other, and is asked for in between."""

from __future__ import annotations

import io
import math
import re
import wave
from array import array
from functools import lru_cache

from hub.config.callflow.context import audio_key
from hub.config.callflow.queue_walk import MUSIC_PARTS, PART_SECONDS

RATE = 8000
OWN = audio_key("")
"""The key of the music of queues that name no file."""
FILE = re.compile(r"([0-9a-f]{24})-([0-9]{1,2})", re.ASCII)
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Semitones above middle C: C, A minor, F, G."""
MIDDLE_C, LOUDNESS, NOTE_SECONDS = 261.63, 2_600, 0.625


def music_part(stem: str) -> tuple[str, int] | None:
    """The key of the music and the number of its piece, by the name of a file; None for any other file."""
    found = FILE.fullmatch(stem)
    return (found[1], int(found[2])) if found and int(found[2]) < MUSIC_PARTS else None


def part_of(sound: bytes, part: int) -> bytes | None:
    """A piece of a WAV file, from its beginning again after its end; None if it cannot be read."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            rate, width = file.getframerate(), file.getnchannels() * file.getsampwidth()
            frames = file.readframes(file.getnframes())
            kind = (file.getnchannels(), file.getsampwidth(), rate, 0, "NONE", "")
    except (wave.Error, EOFError):
        return None
    length, begin = rate * PART_SECONDS * width, part * rate * PART_SECONDS * width
    if not frames or not width:
        return None
    begin %= len(frames) - len(frames) % width
    cut = frames[begin : begin + length]
    while len(cut) < length:
        cut += frames[: length - len(cut)]
    return _wav(cut, kind)


@lru_cache(maxsize=1)
def own_music() -> bytes:
    """Our own music: quiet broken chords. Each piece is the same."""
    samples, count = array("h"), int(NOTE_SECONDS * RATE)
    notes = [MIDDLE_C * math.exp2(semitone / 12) for chord in CHORDS for semitone in (*chord, chord[1])]
    for frequency in notes:
        for at in range(count):
            fading = math.exp(-3.0 * at / count) * min(1.0, at / 80)
            samples.append(round(LOUDNESS * fading * math.sin(math.tau * frequency * at / RATE)))
    return _wav(samples.tobytes(), (1, 2, RATE, 0, "NONE", ""))


def _wav(frames: bytes, kind: tuple[int, int, int, int, str, str]) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setparams(kind)
        made.writeframes(frames)
    return out.getvalue()
