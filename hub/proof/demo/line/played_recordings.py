"""Whether a recording of the demo's SIP line holds its own call: each person hums a tone of their own, on their own channel."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Iterator

from hub.model import Call, Recording
from hub.proof.demo.line.hearing import HUMMED, RATE, level, tone_of

LOOK = RATE // 5
"""Samples of one look: too short for the next tone, long enough for this one."""


def holds_its_people(recording: Recording, call: Call, audio: bytes) -> bool:
    """Whether the caller hums on the first channel and nobody else does, and the same of the business on the second.

    A voicemail has one channel.
    """
    try:
        channels = _channels(audio)
    except (wave.Error, EOFError):
        return False
    caller, business = tone_of(call.caller_number), tone_of(call.answered_by)
    if recording.kind == "voicemail":
        return len(channels) == 1 and _hums(channels[0], caller)
    if len(channels) != 2 or not (_hums(channels[0], caller) and _hums(channels[1], business)):
        return False
    return caller == business or not (_hums(channels[0], business) or _hums(channels[1], caller))


def _channels(audio: bytes) -> list[array[int]]:
    with wave.open(io.BytesIO(audio)) as read:
        samples, count = array("h", read.readframes(read.getnframes())), read.getnchannels()
        if read.getsampwidth() != 2 or read.getframerate() != RATE:
            raise wave.Error("another format")
    return [samples[each::count] for each in range(count)]


def _hums(samples: array[int], hertz: int) -> bool:
    return any(level(piece, hertz) > HUMMED for piece in _pieces(samples))


def _pieces(samples: array[int]) -> Iterator[array[int]]:
    for at in range(0, len(samples) - LOOK + 1, LOOK):
        yield samples[at : at + LOOK]
