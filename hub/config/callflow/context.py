"""What is known about a call while the hub decides its next steps, and the result of a walk through its flow."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from hub.contracts.answers import Instruction
from hub.contracts.consent import Duty, Place

if TYPE_CHECKING:
    from hub.config.callflow.screening import Screening

Choice = Literal["announced", "offered", "asked", "not_refused", "agreed", "refused"]
"""What became of a recording notice: it was played and the call recorded; an opt-out was offered or consent
requested; the caller did not opt out, said yes, or refused."""
NUMBER = re.compile(r"\+[0-9]{7,15}|phone:[a-z0-9-]+")
WITH_KEY = ", who take the call with a key"
"""In the result of a step whose phones get the call only by a key."""
TAKEN = "a person took the call"
"""The result of such a step when somebody pressed the key."""
WRONG_PIN, OPENED, RECORDS_GREETING = "a wrong PIN", "opened the voicemail", "records a greeting"
"""Results of the step at which a person hears messages."""
RINGING = ("dial", "simulcall", "round_robin", "forward")
"""What steps that ring phones do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """Whether a conversation may be recorded, and what is necessary to make it lawful."""

    allowed: bool = False
    duties: frozenset[Duty] = frozenset()
    decision_id: str | None = None

    @property
    def asks_caller(self) -> bool:
        """Whether the caller has a choice, so that the call waits for it."""
        return not self.duties.isdisjoint(("ask_yes", "offer_refusal"))


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a PIN opens a voicemail, and the addresses of its messages, the newest first; or whose PIN it is."""

    fits: bool
    locked: bool = False
    """Too many wrong PINs were tried."""
    messages: tuple[str, ...] = ()
    agent: int = 0
    """Whose PIN it is: the place among the agents of the flow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTurn:
    """How it stands with one caller in a queue now."""

    position: int = 1
    waited: float = 0.0
    """Seconds since the caller came in."""
    waited_before: float | None = None
    """The same when the caller was asked last; None if they come in now."""
    expected: float | None = None
    """Seconds until it is probably their turn."""
    agents: int = 1
    """Agents who are signed in, free or not."""
    agent: str | None = None
    """The phone of the agent who gets the call, E.164; None while none is free for it."""

    def is_due(self, every: int) -> bool:
        """Whether place and waiting time are spoken now, if that is done `every` so many seconds; 0 is never."""
        return every > 0 and (self.waited_before is None or self.waited // every > self.waited_before // every)

    def expecting(self, seconds: float) -> QueueTurn:
        """The same with a waiting time."""
        return replace(self, expected=seconds)


Move = Literal["waits", "rings", "answered", "left", "too_long", "full", "no_agents", "call_back", "in", "break", "out"]
"""What becomes of a caller at a queue: they wait; an agent's phone rings; and the ends of the wait. The last three are those
of an agent, at the step `sign_in`."""


@dataclass(frozen=True, slots=True)
class QueueMove:
    """What a walk decided at a queue."""

    step: str
    move: Move
    agent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallContext:
    """What is known about a call at one of its points. Unknown values are None, and lead to each step's `otherwise`."""

    at: datetime
    """Aware UTC."""
    time_zone: str = "UTC"
    """The company's time zone."""
    call_id: str = ""
    places: tuple[Place, ...] = ()
    """Every place where the caller's number could be from."""
    first_time: bool | None = None
    """Whether the caller has never called the company before."""
    last_answered_by: str | None = None
    """The phone that answered the caller's last call, E.164."""
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    landing_page: str | None = None
    tags: frozenset[str] = frozenset()
    """Tags of this call and of the caller's earlier ones."""
    caller_key: str = ""
    """The same for each call of a caller to the company; blank if the number is hidden."""
    caller_lists: frozenset[str] = frozenset()
    """The company's lists on which the caller is."""
    owner: str | None = None
    """Who owns the caller's contact in the CRM, as known from an earlier call."""
    opening: Opening | None = None
    """At a PIN, or after it: what the caller may hear; None if that is not known."""
    source_name: str = ""
    """What a whisper says in place of [source]."""
    recording: Permission = field(default_factory=Permission)
    queues: Mapping[str, QueueTurn] | None = None
    """By queue step: how it stands with the caller there, as far as it was asked; None if that cannot be known now."""
    caller_known: bool = False
    """Whether the caller's number is known, so that they can be called back."""
    accepted: bool | None = None
    """At the end of a dial: whether a person pressed the key that takes the call; None if that is not known."""
    screening: Screening | None = None
    """What happens to a call that is suspect when it rings."""
    converses: bool = True
    """Whether the carrier lets an assistant talk with the caller."""
    public_url: str = ""
    """The hub's own address; audio files are served below it."""

    @property
    def chance(self) -> float:
        """From 0 to below 1, the same at every point of one call."""
        return int.from_bytes(hashlib.sha256(self.call_id.encode()).digest()[:6], "big") / 2**48


@dataclass(frozen=True, kw_only=True, slots=True)
class StepTaken:
    """One step of the call: its name, what it does, and its result, in words without personal data."""

    step: str
    do: str
    result: str
    tags: tuple[str, ...] = ()
    """Tags that the call gets."""
    text_back: str | None = None
    """A text for the caller."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """The recording notice that the caller heard, word for word, at a step, and what became of it."""

    step: str
    text: str
    duties: frozenset[Duty]
    choice: Choice
    decision_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowResult:
    """What the carrier does next, and everything that the call did before that."""

    instructions: tuple[Instruction, ...]
    taken: Sequence[StepTaken] = ()
    notice: Notice | None = None
    asks_turn: str | None = None
    """The queue step at which the caller's turn must be known; the walk is then made again with it."""
    moves: Sequence[QueueMove] = ()
    """What becomes of the caller in queues."""


def audio_key(file: str) -> str:
    """The name of an audio file in an address: it reveals nothing about the file's folder."""
    return hashlib.sha256(file.encode()).hexdigest()[:24]


def phones_rung(result: str) -> list[str]:
    """The phones that rang, E.164, by the result of a step such as `rings +13125550190, +13125550191, recorded`."""
    return NUMBER.findall(result) if "rings " in result else []


def tags_of(taken: Iterable[StepTaken]) -> frozenset[str]:
    """All tags that these steps gave the call."""
    return frozenset(tag for each in taken for tag in each.tags)
