"""Session timers (RFC 4028): a call that nobody refreshes in time is over, so that a dead end is noticed by the other one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plugins.carriers.sip.engine.guard.message import Message

Side = Literal["uac", "uas"]
TIMER = "timer"
OFFERED_S, MIN_S = 1800, 90
"""What we offer, and the least that the standard allows."""
_EXPIRES = re.compile(r"\s*(\d{1,9})\s*(?:;\s*refresher\s*=\s*(ua[cs]))?", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What a request asks for or its 200 agrees to."""

    seconds: int
    refresher: Side

    @property
    def header(self) -> tuple[str, str]:
        """The header that says so."""
        return "Session-Expires", f"{self.seconds};refresher={self.refresher}"


@dataclass(frozen=True)
class Timer:
    """The timer of a call: until when, and whether we refresh it."""

    seconds: int
    ours: bool
    began: float
    refreshing: bool = False

    @property
    def refresh_at(self) -> float:
        """When we refresh it (section 7.4)."""
        return self.began + self.seconds / 2

    @property
    def ends_at(self) -> float:
        """When the call is ended if nobody has (section 10)."""
        return self.began + self.seconds - min(32, self.seconds / 3)


def wanted(message: Message) -> Wanted | None:
    """What a message says of the timer; who asks refreshes, unless it says otherwise. None if it says nothing."""
    found = _EXPIRES.match(message.get("session-expires"))
    return Wanted(int(found[1]), "uas" if (found[2] or "").lower() == "uas" else "uac") if found else None


def without(value: str, *tags: str) -> str:
    """A list of option tags without some."""
    return ", ".join(each for tag in value.split(",") if (each := tag.strip()) and each.lower() not in tags)


def listed(message: Message, name: str, tag: str) -> bool:
    """Whether a header that lists option tags or methods names one."""
    return tag.lower() in (each.strip().lower() for value in message.all(name) for each in value.split(","))
