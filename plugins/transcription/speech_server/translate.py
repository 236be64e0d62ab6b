"""Translate a recording to one file for each channel, and the server's segments to a transcript."""

from __future__ import annotations

import math
import wave
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from hub.api import SPEAKERS, JsonObject, Rejected, RetryLater, SpokenAudio, Transcript

FILES = {"audio/wav": "recording.wav", "audio/mpeg": "recording.mp3"}
SILENT, UNSURE = 0.6, -1.0
"""A segment that is silent with a probability above the first, and was heard with a log probability below the second, holds
no words: Whisper invents some in silence (`no_speech_threshold`, `logprob_threshold` of OpenAI's code)."""


def language_code(language: str) -> str:
    """The two letters of ISO 639-1 (`en-US` is `en`). Rejected if the language has none."""
    code = language.partition("-")[0].lower()
    if len(code) != 2:
        raise Rejected(
            f"A language with a code of two letters is needed, not {language[:20]!r}; see `recordings: language:`."
        )
    return code


def channels_of(audio: SpokenAudio) -> list[bytes]:
    """A file for each channel. Sound that only a decoder can take apart stays one file, in which nobody knows who speaks."""
    sound = audio.audio or b""
    try:
        with wave.open(BytesIO(sound)) as file:
            count, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        return [sound]
    if count != 2:
        return [sound]
    found = []
    for channel in range(count):
        written = BytesIO()
        with wave.open(written, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(
                b"".join(frames[at : at + width] for at in range(channel * width, len(frames), count * width))
            )
        found.append(written.getvalue())
    return found


def transcript_of(answers: list[JsonObject], audio: SpokenAudio, model: str) -> Transcript:
    """The segments of each channel's answer. RetryLater if one cannot be read."""
    rows = []
    for channel, answer in enumerate(answers):
        segments = answer.get("segments")
        if not isinstance(segments, list) or not all(isinstance(each, Mapping) for each in segments):
            raise RetryLater("The speech server sent no segments; it must know `response_format=verbose_json`.")
        rows += [{**each, "channel": channel, "sure": _sure(each)} for each in segments if not _is_silent(each)]
    return Transcript.of(audio, model, rows, SPEAKERS[len(answers)], confidence="sure")


def _number(segment: Mapping[str, Any], name: str) -> float | None:
    value = segment.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _sure(segment: Mapping[str, Any]) -> float | None:
    logarithm = _number(segment, "avg_logprob")
    return None if logarithm is None else math.exp(min(logarithm, 0.0))


def _is_silent(segment: Mapping[str, Any]) -> bool:
    silent, sure = _number(segment, "no_speech_prob"), _number(segment, "avg_logprob")
    return (silent or 0.0) > SILENT and (sure or 0.0) < UNSURE
