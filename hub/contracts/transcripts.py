"""What was said in a recording, as a transcription plugin understood it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from hub.contracts.untrusted import value_at
from hub.contracts.values import personal
from hub.errors import RetryLater

Speaker = Literal["caller", "business", "both"]
SPEAKERS: Mapping[int, Mapping[object, Speaker]] = {1: {0: "both"}, 2: {0: "caller", 1: "business"}}
"""By number of channels: who is heard on each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenAudio:
    """A recording for a transcription plugin, as the carrier made it: WAV or MP3, usually 8,000 samples per second; two
    channels are caller and business, in this order."""

    audio: bytes | None = personal("user.telephony.recording")
    content_type: Literal["audio/wav", "audio/mpeg"] = "audio/wav"
    language: str = "en-US"
    """BCP 47."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptPart:
    """Some words of one speaker, from `start` to `end` (seconds from the beginning)."""

    start: float
    end: float
    text: str | None = personal("user.telephony.recording")
    channel: Literal["caller", "business", "both"] = "both"
    confidence: float | None = None
    """0 to 1, if the model reports it."""
    decided: str | None = None
    """What an assistant of the hub decided with these words; only of its own lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """All parts in order, and the name of the model that transcribed them."""

    language: str
    model: str
    parts: tuple[TranscriptPart, ...] = ()

    @classmethod
    def of(
        cls,
        audio: SpokenAudio,
        model: str,
        rows: Any,
        speakers: Mapping[object, Speaker],
        *,
        start: str = "start",
        end: str = "end",
        text: str = "text",
        channel: str = "channel",
        confidence: str = "confidence",
    ) -> Self:
        """A provider's rows as parts in order; those without words are left out. RetryLater if a row cannot be read.

        `speakers` says who a row's channel is, as `SPEAKERS[2]` does. The others are paths of what a row has; `start` and
        `end` are seconds there too.
        """
        try:
            parts = [
                TranscriptPart(
                    start=float(value_at(row, start)),
                    end=float(value_at(row, end)),
                    text=value_at(row, text).strip(),
                    channel=speakers[value_at(row, channel)],
                    confidence=None if value_at(row, confidence) is None else float(value_at(row, confidence)),
                )
                for row in rows
            ]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise RetryLater("The transcript cannot be read; it is asked for again.") from None
        spoken = sorted((part for part in parts if part.text), key=lambda part: (part.start, part.end))
        return cls(language=audio.language, model=model, parts=tuple(spoken))
