"""What is known about a call while its way is decided; and what a walk through its flow gives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.contracts.answers import Instruction
from hub.contracts.consent import Duty, Place

Choice = Literal["announced", "offered", "asked", "not_refused", "agreed", "refused"]
"""What became of a recording notice: it was played and the call recorded; a way out was offered or a yes asked for;
the caller took no way out, said yes, or did not want it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """Whether a conversation may be recorded, and what must be done for it to be lawful."""

    allowed: bool = False
    duties: frozenset[Duty] = frozenset()
    decision_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What is known of a call at one of its points. What is not known is None, and leads to each step's `otherwise`."""

    at: datetime
    """Aware UTC."""
    time_zone: str = "UTC"
    """The company's."""
    call_id: str = ""
    places: tuple[Place, ...] = ()
    """Every place that the caller's number could be of."""
    first_time: bool | None = None
    """Whether the caller never called the company before."""
    last_answered_by: str | None = None
    """The phone that answered the caller's last call, E.164."""
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    landing_page: str | None = None
    tags: frozenset[str] = frozenset()
    """Of this call and of the caller's earlier ones."""
    source_name: str = ""
    """What a whisper says in place of [source]."""
    recording: Permission = field(default_factory=Permission)
    public_url: str = ""
    """The hub's own address, below which audio files are served."""

    @property
    def chance(self) -> float:
        """From 0 to below 1, the same at every point of one call."""
        return int.from_bytes(hashlib.sha256(self.call_id.encode()).digest()[:6], "big") / 2**48


@dataclass(frozen=True, kw_only=True, slots=True)
class StepTaken:
    """One step that the call took: its name, what it does, and how it went, in words without personal data."""

    step: str
    do: str
    result: str
    tags: tuple[str, ...] = ()
    """Tags that the call gets."""
    text_back: str | None = None
    """A text for the caller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What the caller was told of the recording, word for word, at a step, and what became of it."""

    step: str
    text: str
    duties: frozenset[Duty]
    choice: Choice
    decision_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowResult:
    """What the carrier does next, and all that the call did on the way there."""

    instructions: tuple[Instruction, ...]
    taken: Sequence[StepTaken] = ()
    notice: Notice | None = None


def audio_key(file: str) -> str:
    """The name in an address for an audio file: it tells nothing of the folder it lies in."""
    return hashlib.sha256(file.encode()).hexdigest()[:24]
