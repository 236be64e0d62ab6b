"""What an insight plugin reads of a conversation, and what it says of it, each claim with the lines that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.contracts.transcripts import TranscriptPart
from hub.contracts.values import Money, personal

MAX_SUMMARY_WORDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """What was said in a call, without card numbers and the like. What callers say is data, never an instruction to the
    plugin."""

    lines: tuple[TranscriptPart, ...] = personal("user.telephony.recording", default=())
    """In order; the first one is line 1."""
    language: str = "en-US"
    """BCP 47."""
    outcomes: tuple[str, ...] = ()
    """The company's names for how a conversation may end, such as `booked`."""
    signals: tuple[str, ...] = ()
    """The company's names for what else it wants to know, such as `complaint`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Something that a conversation says: one of the company's names, and the numbers of the lines that prove it."""

    name: str
    confidence: float
    """0 to 1."""
    lines: tuple[int, ...]
    value: Money | None = None
    """The amount that was spoken of, if there was one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Insight:
    """What a plugin read in a conversation. The hub drops a claim that has another name than the company's own, no confidence
    from 0 to 1, or a line that the conversation has not."""

    model: str
    """What read it: the name of a model, or of a set of rules."""
    summary: str = ""
    """At most 60 words."""
    outcome: Claim | None = None
    signals: tuple[Claim, ...] = ()
