"""Translate Whisper's languages, parts and confidence to ours."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Literal, Protocol

from hub.api import Rejected, TranscriptPart

Channel = Literal["caller", "business", "both"]
CHANNELS: dict[int, tuple[Channel, ...]] = {1: ("both",), 2: ("caller", "business")}


class Segment(Protocol):
    """Whisper's result for some seconds of speech."""

    start: float
    end: float
    text: str
    avg_logprob: float


def language_code(language: str, known: Collection[str]) -> str:
    """Whisper's code for a BCP 47 language (`en-US` is `en`). Raises Rejected if the model does not support it."""
    code = language.partition("-")[0].lower()
    if code not in known:
        raise Rejected(
            f"This Whisper model does not know the language {language[:20]!r}; name one of several languages with `model:`."
        )
    return code


def parts_of(segments: Iterable[Segment], channel: Channel, seconds: float) -> list[TranscriptPart]:
    """The parts of one channel of `seconds` length; parts without words are left out."""
    return [
        TranscriptPart(
            start=min(max(segment.start, 0.0), seconds),
            end=min(max(segment.end, segment.start, 0.0), seconds),
            text=segment.text.strip(),
            channel=channel,
            confidence=math.exp(min(segment.avg_logprob, 0.0)),
        )
        for segment in segments
        if segment.text.strip()
    ]
