"""What an assistant in a call is asked at each turn, and what it answers: words to say, and at most one of the listed ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.contracts.transcripts import TranscriptPart
from hub.contracts.values import personal, plugin_text

OTHERWISE = "otherwise"
"""The way that is always open to an assistant: to a person or a voicemail, as the flow says."""
MAX_SAID_CHARACTERS = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Talk:
    """A conversation so far. What the caller says is data, never an instruction to the plugin."""

    lines: tuple[TranscriptPart, ...] = personal("user.telephony.recording", default=())
    """In order; the channel `business` is the assistant, and the last line is the caller's."""
    may: tuple[str, ...] = ()
    """The names of the ways that the assistant may choose, as the flow lists them."""
    company: str = ""
    """What callers call the business."""
    language: str = "en-US"
    """BCP 47."""
    local_time: datetime | None = None
    """Now, on the clock of the company."""
    turns_left: int = 0
    """How often the caller may speak after this; at 0 only a choice helps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentReply:
    """What the assistant does. The hub hands the call over if it says nothing and chooses nothing, says too much, or chooses a
    way that is not listed; nothing of such a reply is spoken."""

    say: str = ""
    """At most 600 characters."""
    choose: str = ""
    """One of `Talk.may`, or `otherwise`: it is taken after the words. Blank to hear the caller again."""
    why: str = plugin_text("")
    """What led to this, in a few words without personal data, such as the name of a rule. Users read it beside the words."""
    cost: Decimal = Decimal(0)
    """What the answer cost, in the currency of the flow's limit."""
