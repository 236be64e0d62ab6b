"""What was said in a recording, as a transcription plugin understood it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.contracts.values import personal


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """All parts in order, and the name of the model that transcribed them."""

    language: str
    model: str
    parts: tuple[TranscriptPart, ...] = ()
