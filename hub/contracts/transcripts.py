"""What was said in a recording, as a transcription plugin heard it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.contracts.values import personal


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenAudio:
    """The audio handed to a transcription plugin: one WAV file, 16-bit PCM; two channels are caller and business."""

    wav: bytes | None = personal("user.telephony.recording")
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
    """0 to 1 where the model tells it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """All parts in their order, and the name of the model that heard them."""

    language: str
    model: str
    parts: tuple[TranscriptPart, ...] = ()
