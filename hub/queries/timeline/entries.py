"""One entry of a timeline: what happened, when, and in which stage of the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Stage = Literal[
    "visit",
    "receive",
    "answer",
    "attribute",
    "enrich",
    "mark",
    "consent",
    "outcome",
    "convert",
    "deliver",
    "disclose",
    "call_back",
]
STAGES: tuple[Stage, ...] = (
    "visit", "receive", "answer", "attribute", "enrich", "mark", "consent", "outcome", "convert", "deliver",
    "disclose", "call_back",
)  # fmt: skip
"""The stages in the order of the flow; entries with the same time are sorted in this order."""


NameOf = Callable[[str], str]
"""The title of a connector; the data of an entry keeps the id."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened: its time, its stage, a line of text with details below, and its data for machines."""

    at: datetime
    stage: Stage
    text: str
    details: tuple[str, ...] = ()
    state: str | None = None
    """The resulting state or verdict, if there is one."""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_of_transcript(self) -> bool:
        """Whether it says what somebody said: for those who may read transcripts."""
        return "signal" in self.data

    def plain(self) -> dict[str, Any]:
        """The entry as JSON takes it."""
        return {"at": self.at, "stage": self.stage, "text": self.text, "state": self.state, **self.data}


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Sorted by time, then by stage, then in the order in which they were made."""
    return sorted(entries, key=lambda entry: (entry.at, STAGES.index(entry.stage)))
