"""The sentences of what a person wrote or said that may be a refusal, for the user who decides on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from hub.contracts.transcripts import TranscriptPart
from hub.model.states import RefusalSource
from hub.texts.words import Channel, Reading, Source, read

READ_AS: Mapping[RefusalSource, Source] = {
    RefusalSource.TEXT: "text",
    RefusalSource.FORM: "form",
    RefusalSource.CALL: "speech",
    RefusalSource.VOICEMAIL: "speech",
    RefusalSource.NOTE: "note",
    RefusalSource.TAG: "note",
}
"""How the reader of refusals reads each."""
SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|[\n\r;]+")
MAX_QUOTE_CHARACTERS = 300
CUT = "…"


def is_sure(reading: Reading) -> bool:
    """Whether it is a refusal."""
    return reading.meaning == "stop"


def is_doubtful(reading: Reading) -> bool:
    """Whether it may be a refusal, so that a user decides."""
    return reading.how == "doubtful"


def strongest(readings: Iterable[Reading]) -> Reading:
    """Of the readings of several messages the surest, about all that those as sure refuse."""
    read_apart = list(readings)
    for fits in (is_sure, is_doubtful):
        if found := [each for each in read_apart if fits(each)]:
            channels = frozenset[Channel]().union(*(each.channels for each in found))
            return replace(found[0], channels=channels)
    return Reading("other")


def quote(words: str, source: RefusalSource) -> str:
    """The sentences that refuse something, at most 300 characters; the beginning if only all of it together does."""
    said = [each.strip() for each in SENTENCE_END.split(words)]
    found = [each for each in said if each and _counts(read(each, READ_AS[source]))]
    text = f" {CUT} ".join(found) or " ".join(words.split())
    return text if len(text) <= MAX_QUOTE_CHARACTERS else text[: MAX_QUOTE_CHARACTERS - 1].rstrip() + CUT


def _counts(reading: Reading) -> bool:
    return is_sure(reading) or reading.how in ("doubtful", "refusal")


def said_by_caller(parts: Iterable[TranscriptPart]) -> str:
    """What the caller said in a call, one line for each part. Without channels the speakers are not known, and all is read."""
    return "\n".join(part.text for part in parts if part.text and part.channel != "business")
