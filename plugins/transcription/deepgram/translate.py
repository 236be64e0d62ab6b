"""Translate a recording's language to Deepgram's codes, and its answer to a transcript."""

from __future__ import annotations

from hub.api import SPEAKERS, JsonObject, Rejected, SpokenAudio, Transcript

LANGUAGES = frozenset((
    "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja",
    "kn", "ko", "lt", "lv", "mk", "mr", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "ta", "te", "tl",
    "tr", "uk", "vi", "zh",
))  # fmt: skip
"""That nova-3 knows, by the first part of their BCP 47 tag (developers.deepgram.com/docs/models-languages-overview)."""


def language_code(language: str) -> str:
    """Deepgram's code of a BCP 47 language (`en-US` is `en`). Rejected if no model knows it."""
    code = language.partition("-")[0].lower()
    if code not in LANGUAGES:
        raise Rejected(f"Deepgram's model knows no {language[:20]!r}; choose another `recordings: language:`.")
    return code


def transcript_of(answer: JsonObject, audio: SpokenAudio, model: str) -> Transcript:
    """The utterances of an answer. RetryLater if it cannot be read."""
    metadata, results = (
        found if isinstance(found := answer.get(name), dict) else {} for name in ("metadata", "results")
    )
    speakers = SPEAKERS.get(metadata.get("channels", 0), {})
    return Transcript.of(audio, f"deepgram {model}", results.get("utterances"), speakers, text="transcript")
