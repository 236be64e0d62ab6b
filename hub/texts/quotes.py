"""The sentences of what a person wrote or said that may be a refusal, for the user who decides on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
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
PIECE_WORDS, SHARED_WORDS = 30, 10
"""Words of the longest piece that is quoted, and those that it repeats of the one before it."""
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
    found = [each for each in _sentences(words) if _counts(read(each, READ_AS[source]))]
    text = f" {CUT} ".join(found) or " ".join(words.split())
    return text if len(text) <= MAX_QUOTE_CHARACTERS else text[: MAX_QUOTE_CHARACTERS - 1].rstrip() + CUT


def _sentences(text: str) -> Iterator[str]:
    """The sentences as they were written; of a long one, as in speech without punctuation, pieces."""
    for sentence in SENTENCE_END.split(text):
        said = sentence.split()
        for first in range(0, len(said), PIECE_WORDS - SHARED_WORDS):
            yield " ".join(said[first : first + PIECE_WORDS])
            if first + PIECE_WORDS >= len(said):
                break


def _counts(reading: Reading) -> bool:
    return is_sure(reading) or reading.how in ("doubtful", "refusal")


def said_by_caller(parts: Iterable[TranscriptPart]) -> str:
    """What the caller said in a call: one line for what they said without a break. If the channels are not known, all is
    read."""
    lines: list[list[str]] = [[]]
    for part in parts:
        if part.channel == "business":
            lines.append([])
        elif part.text:
            lines[-1].append(part.text.strip())
    return "\n".join(" ".join(line) for line in lines if line)
