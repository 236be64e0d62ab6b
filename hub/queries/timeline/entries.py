"""One entry of a timeline: what happened, when, at which stage of a call's way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Stage = Literal[
    "visit", "receive", "answer", "attribute", "enrich", "consent", "outcome", "convert", "deliver", "disclose"
]
STAGES: tuple[Stage, ...] = (
    "visit",
    "receive",
    "answer",
    "attribute",
    "enrich",
    "consent",
    "outcome",
    "convert",
    "deliver",
    "disclose",
)
"""In the order of the flow: what happened at the same moment is told in this order."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when, at which stage, a line for people with details below, and its data for machines."""

    at: datetime
    stage: Stage
    text: str
    details: tuple[str, ...] = ()
    state: str | None = None
    """The state or verdict that it ended with, if it has one."""
    data: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The entry as JSON takes it."""
        return {"at": self.at, "stage": self.stage, "text": self.text, "state": self.state, **self.data}


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By time; at the same moment by stage, and then as they were made."""
    return sorted(entries, key=lambda entry: (entry.at, STAGES.index(entry.stage)))
