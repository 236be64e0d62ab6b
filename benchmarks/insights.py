"""How well the phrases plugin finds the outcome of sixty calls in `conversations.txt`, with the rules that come with it.

The calls and the rules have one author, and the calls were written first: the figures compare rules, and promise nothing of
people's calls, whose transcripts are misheard besides.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.figures import Figure, at_least
from hub.api import Conversation, TranscriptPart
from hub.testing import connect
from plugins.insight.phrases import Phrases

CONVERSATIONS = Path(__file__).with_name("conversations.txt")
OUTCOMES = ("booked", "quote", "not_a_lead", "wrong_number", "job_seeker", "spam")
NONE = "none"
LEAST_PRECISION, LEAST_RECALL = 0.9, 0.7
MISHEARD = (0.1, 0.2, 0.3)
"""Shares of words."""


@dataclass(frozen=True)
class Called:
    """A call, the outcome that a person would note, and the amount that was spoken of."""

    outcome: str
    value: str
    conversation: Conversation


def calls(file: Path = CONVERSATIONS) -> Iterator[Called]:
    """The calls of the file."""
    _, *written = file.read_text(encoding="utf-8").split("\n== ")
    for each in written:
        head, *said = each.strip().splitlines()
        outcome, language, *value = head.split()
        lines = tuple(
            TranscriptPart(
                start=place, end=place + 1, text=line[3:], channel="business" if line[0] == "B" else "caller"
            )
            for place, line in enumerate(said)
        )
        yield Called(outcome, " ".join(value), Conversation(lines=lines, language=language, outcomes=OUTCOMES))


def misheard(conversation: Conversation, share: float, seed: int) -> Conversation:
    """The conversation with so many of its words unheard, as a transcription leaves them."""
    chance = random.Random(seed)
    lines = tuple(
        replace(line, text=" ".join("uh" if chance.random() < share else word for word in (line.text or "").split()))
        for line in conversation.lines
    )
    return replace(conversation, lines=lines)


def found(share: float = 0.0) -> list[tuple[Called, str, str]]:
    """Each call with the outcome and the value that were found, `share` of its words misheard."""
    reader = connect(Phrases)
    rows = []
    for seed, call in enumerate(calls()):
        outcome = reader.read_conversation(misheard(call.conversation, share, seed)).outcome
        rows.append((call, outcome.name if outcome else NONE, str(outcome.value or "") if outcome else ""))
    return rows


def precision_and_recall(rows: list[tuple[Called, str, str]], name: str | None = None) -> tuple[float, float]:
    """Of one outcome, or of all: how many that were found are right, and how many that are there were found."""
    said = [row for row in rows if row[1] != NONE and name in (None, row[1])]
    there = [row for row in rows if row[0].outcome != NONE and name in (None, row[0].outcome)]
    right = sum(row[0].outcome == row[1] for row in said)
    return right / max(1, len(said)), right / max(1, len(there))


def measure() -> list[Figure]:
    """Precision and recall of all outcomes together, and of each."""
    rows = found()
    precision, recall = precision_and_recall(rows)
    each = ", ".join(
        f"{name} {of:.0%} and {there:.0%}" for name in OUTCOMES for of, there in [precision_and_recall(rows, name)]
    )
    amounts = [row for row in rows if row[0].value]
    told = f"{sum(row[0].value == row[2] for row in amounts)} of {len(amounts)}"
    rough = ", ".join(
        f"{share:.0%} misheard: {of:.0%} and {there:.0%}"
        for share in MISHEARD
        for of, there in [precision_and_recall(found(share))]
    )
    return [
        at_least("phrases: outcomes that are right", precision, LEAST_PRECISION),
        at_least("phrases: outcomes that are found", recall, LEAST_RECALL),
        Figure(what="phrases: right and found, of each outcome", measured=each),
        Figure(what="phrases: right and found, with misheard words", measured=rough),
        Figure(what="phrases: amounts of bookings that are found", measured=told),
    ]
