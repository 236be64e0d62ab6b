"""What every step of a call flow is made of, and the steps that ring phones: which, how long, and who gets the call; with the
agents for whom callers wait."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from hub.config.callflow.hours import DAYS, Hours, local_time, open_at, parse_days, parse_hours
from hub.contracts.answers import OWN_PHONE
from hub.contracts.phones import PHONE_NAME, phone_number

END = "end"
"""No next step: the call is over."""
STEP_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"
MAX_SPEECH_CHARACTERS = 1000
GREETING = re.compile(r"greeting:([0-9a-f-]{36})(?:\.[0-9]+)?\.(?:wav|mp3)", re.ASCII)
"""An uploaded greeting in the place of a file; it was checked when it was uploaded."""
AUDIO = {".wav": (b"RIFF",), ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")}
"""The types of files that carriers play, and their first bytes."""
MAX_GREETING_SECONDS = 60
SOURCE = "[source]"
"""In a whisper: the source of the call."""
MAX_PHONES = 10
"""Phones that ring at once."""


def _e164(text: str) -> str:
    number = phone_number(text)
    if number is None:
        raise ValueError("is not a phone number; write it in E.164, like +13125550142")
    return number


def _key(value: object) -> str:
    text = str(value)
    if len(text) != 1 or text not in "0123456789*#":
        raise ValueError(f"{text!r} is not a phone key; write one of 0 to 9, * or #")
    return text


def _ringing(value: object) -> str:
    """A number in E.164, or `phone:NAME`; YAML reads `phone: NAME` as a mapping."""
    if isinstance(value, dict) and set(value) == {"phone"}:
        value = f"{OWN_PHONE}{value['phone']}"
    if isinstance(value, str) and value.startswith(OWN_PHONE):
        name = value.removeprefix(OWN_PHONE).strip()
        if not re.fullmatch(PHONE_NAME, name):
            raise ValueError(
                "is not the name of a phone; write it with lowercase letters, digits and -, like phone:anna"
            )
        return f"{OWN_PHONE}{name}"
    return _e164(str(value))


def _quoted(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('is a number; write the ZIP code in quotes, like "06103", so that no zero is lost')
    return value


def _free(name: str) -> str:
    if name in ("block", "allow"):
        raise ValueError("is the hub's own list, which counts before every flow; name a list of your own")
    return name


def _sealed(text: str) -> str:
    if text.isascii() and text.isdecimal():
        raise ValueError("is a PIN in plain text; write what `hub flows pin` prints")
    return text


UserEmail = Annotated[str, AfterValidator(str.lower), Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$")]
StepLanguage = Annotated[
    Language | None, Field(description="Language of what this step says, like es-US, if it is not that of the flow.")
]
SealedPin = Annotated[str, AfterValidator(_sealed), Field(max_length=100)]
ZipBeginning = Annotated[str, Field(pattern=r"^[0-9]{1,5}$"), BeforeValidator(_quoted)]
CallerListName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$"), AfterValidator(_free)]
PhoneNumber = Annotated[str, AfterValidator(_e164)]
Ringing = Annotated[str, BeforeValidator(_ringing)]
"""What rings: a phone number, or a phone of the business by its name."""
StepName = Annotated[str, Field(pattern=STEP_NAME)]
Speech = Annotated[str, Field(min_length=1, max_length=MAX_SPEECH_CHARACTERS)]
Key = Annotated[str, BeforeValidator(_key)]
PlaceCode = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
WeeklyHours = Annotated[
    Mapping[str, tuple[Hours, ...]],
    BeforeValidator(parse_days),
    WithJsonSchema(
        {"type": "object", "additionalProperties": {"type": "string"}, "examples": [{"mon-fri": "8:00-17:00"}]}
    ),
]
Skill = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=32)]
DayHours = Annotated[
    tuple[Hours, ...],
    BeforeValidator(parse_hours),
    WithJsonSchema({"type": "string", "examples": ["9:00-12:00", "closed"]}),
]


class Part(BaseModel):
    """A part of a flow: strict, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Part):
    """The keys of every step: how the call continues."""

    def leads(self) -> Iterator[tuple[str, str]]:
        """(the key in the config, the next step) for every path out of the step."""
        then = getattr(self, "then", None)
        if then is not None:
            yield "then", then


class Spoken(Step):
    """A step that the caller hears: a text that is spoken, or an audio file."""

    say: Speech | None = Field(default=None, description="A text that is spoken.")
    play: str | None = Field(default=None, description="A WAV or MP3 file instead, from the folder of config.yaml.")
    language: StepLanguage = None

    @property
    def greeting(self) -> str | None:
        """The id of the uploaded greeting that it plays."""
        found = GREETING.fullmatch(self.play or "")
        return found[1] if found else None

    @model_validator(mode="after")
    def _one_of_them(self) -> Spoken:
        if (self.say is None) == (self.play is None):
            raise ValueError("needs either `say:` with a text or `play:` with an audio file")
        return self


class Dialing(Step):
    """The keys of all steps that ring phones."""

    ring_seconds: int = Field(default=25, ge=5, le=120, description="Seconds to ring.")
    record: bool = Field(default=False, description="Record the conversation if the law allows it; needs `recording:`.")
    whisper: Speech | None = Field(
        default=None, description="Spoken only to the person who answers; [source] stands for the source of the call."
    )
    accept: Literal["key", "none"] = Field(
        default="none",
        description="`key`: the person who picks up takes the call by pressing 1, which the whisper asks for; so no voicemail "
        "takes it. A phone that does not accept is let go, and the others ring on.",
    )
    time_limit: int | None = Field(
        default=None,
        ge=60,
        le=14_400,
        description="Seconds after which the conversation is ended; no limit if left out.",
    )
    busy: StepName | None = Field(
        default=None, description="The next step when the phone is busy or declines; `unanswered` if left out."
    )
    no_answer: StepName | None = Field(
        default=None, description="The next step when it rings and nobody takes the call; `unanswered` if left out."
    )
    unanswered: StepName = Field(description="The next step when nobody answers, or end.")

    def phones(self) -> tuple[str, ...]:
        """Every number that the step may ring."""
        return self.rung(self.attempts - 1)

    def rung(self, attempt: int) -> tuple[str, ...]:
        """The numbers that ring at one time: the first is attempt 0."""
        raise NotImplementedError

    @property
    def attempts(self) -> int:
        """How many times the step rings before it goes on."""
        return 1

    def seconds(self, attempt: int) -> int:
        """How long the phones ring at one time."""
        return self.ring_seconds

    def leads(self) -> Iterator[tuple[str, str]]:
        for key in ("busy", "no_answer", "unanswered"):
            if (target := getattr(self, key)) is not None:
                yield key, target


class Growing(Dialing):
    """A step at which more phones ring after a while."""

    also: tuple[Ringing, ...] = Field(
        default=(), max_length=9, description="Phones that ring too when nobody has answered after `also_after`, E.164."
    )
    also_after: int = Field(default=10, ge=5, le=60, description="Seconds after which `also` ring too.")

    @model_validator(mode="after")
    def _longer(self) -> Growing:
        if self.also and self.ring_seconds < self.also_after + 5:
            raise ValueError(
                "`ring_seconds` must be at least 5 more than `also_after`, so that the phones of `also` ring"
            )
        if len(self.phones()) > MAX_PHONES:
            raise ValueError(f"at most {MAX_PHONES} phones ring at once, those of `also` included")
        return self

    def first(self) -> tuple[str, ...]:
        """The phones that ring at once."""
        raise NotImplementedError

    def rung(self, attempt: int) -> tuple[str, ...]:
        return self.first() if attempt == 0 else (*self.first(), *self.also)

    @property
    def attempts(self) -> int:
        return 2 if self.also else 1

    def seconds(self, attempt: int) -> int:
        if not self.also:
            return self.ring_seconds
        return self.also_after if attempt == 0 else self.ring_seconds - self.also_after


class DialStep(Growing):
    """Rings one phone. The call ends with the conversation."""

    do: Literal["dial"] = Field(description="What the step does.")
    number: Ringing = Field(
        description="The phone that rings: E.164, or as written in the USA and Canada; phone:NAME for a phone of your own."
    )

    def first(self) -> tuple[str, ...]:
        return (self.number,)


class SimulCall(Growing):
    """Rings several phones at once. The first person who answers gets the call."""

    do: Literal["simulcall"] = Field(description="What the step does.")
    numbers: tuple[Ringing, ...] = Field(
        min_length=2, max_length=MAX_PHONES, description="The phones that ring: E.164, or phone:NAME."
    )

    def first(self) -> tuple[str, ...]:
        return self.numbers


class RoundRobin(Dialing):
    """Rings one of several phones, each in proportion to its weight. A known caller reaches the phone that answered
    their last call."""

    do: Literal["round_robin"] = Field(description="What the step does.")
    numbers: Mapping[Ringing, Annotated[int, Field(ge=1, le=1000)]] = Field(
        min_length=2, max_length=50, description="Phone to weight: how often it rings compared with the others."
    )
    sticky: bool = Field(default=True, description="Ring first the phone that answered this caller's last call.")
    tries: int = Field(default=1, ge=1, le=10, description="How many of the phones to try, one after the other.")

    def phones(self) -> tuple[str, ...]:
        return tuple(self.numbers)

    @property
    def attempts(self) -> int:
        return min(self.tries, len(self.numbers))

    def order(self, chance: float, own: str | None) -> Sequence[str]:
        """The phones in the order in which they ring for one call: by weight and the call's own random value, without
        repetition. `own` answered the caller's last call."""
        left, order = dict(self.numbers), list[str]()
        while left:
            reached, target = list(accumulate(left.values())), chance * sum(left.values())
            chosen = next(number for number, until in zip(left, reached, strict=True) if target < until)
            order.append(chosen)
            del left[chosen]
        if self.sticky and own is not None and own in self.numbers:
            order = [own, *(number for number in order if number != own)]
        return order


class Agent(Part):
    """A person who takes calls from the queues of a flow."""

    name: str = Field(min_length=1, max_length=80, description="The agent's name, for the page and the report.")
    phone: Ringing = Field(
        description="The agent's phone: E.164, or as written in the USA and Canada; phone:NAME for a phone of your own."
    )
    user: UserEmail | None = Field(
        default=None,
        description="The email address of the user who signs this agent in and out; else the user with that phone number.",
    )
    hours: WeeklyHours = Field(
        default_factory=dict,
        description="When the agent takes calls if signed in, like `mon-fri: 8:00-17:00`; always if left out. Agents sign out "
        "and in, or take a break, on the page Queues, over the API and by phone.",
    )
    skills: tuple[Skill, ...] = Field(default=(), description="What the agent can do, in words of your own: spanish.")
    pin: SealedPin | None = Field(
        default=None, description="The sealed PIN for the step `sign_in`, as `hub flows pin` prints it."
    )

    def on_duty(self, at: datetime, time_zone: str) -> bool:
        """Whether a time is in the agent's hours."""
        local = local_time(at, time_zone)
        return not self.hours or open_at(self.hours.get(DAYS[local.weekday()], ()), local.time())


class Queue(Dialing):
    """Lets callers wait, with music, until an agent is free; who came first is connected first."""

    do: Literal["queue"] = Field(description="What the step does.")
    skills: tuple[Skill, ...] = Field(
        default=(), description="Only agents with all these skills take calls; every agent if left out."
    )
    say: Speech | None = Field(
        default=None, description="Spoken after the place and the waiting time: To leave a message, press 1."
    )
    play: str | None = Field(
        default=None, description="Music: a WAV file from the folder of config.yaml; our own if left out."
    )
    language: StepLanguage = None
    announce_seconds: int = Field(
        default=60, ge=0, le=600, description="How often place and waiting time are spoken; 0 for never."
    )
    longest_wait: int = Field(default=900, ge=60, le=7200, description="Seconds after which a caller waits no longer.")
    most_waiting: int = Field(default=50, ge=1, le=500, description="How many callers wait at once; no more come in.")
    pause_seconds: int = Field(
        default=10, ge=0, le=600, description="Seconds after a conversation until the agent's phone rings again."
    )
    target_seconds: int = Field(
        default=60, ge=1, le=3600, description="Calls that are answered within this time count for the service level."
    )
    leave_key: Key | None = Field(default=None, description="The key with which a caller leaves the queue.")
    leave: StepName | None = Field(default=None, description="The next step after that key.")
    call_back_key: Key | None = Field(
        default=None,
        description="The key with which a caller keeps the place, hangs up, and is called back when it is their turn.",
    )

    @model_validator(mode="after")
    def _ways_out(self) -> Queue:
        if (self.leave_key is None) != (self.leave is None):
            raise ValueError("`leave_key` and `leave` go together: the key, and the next step")
        if self.leave_key is not None and self.leave_key == self.call_back_key:
            raise ValueError("`leave_key` and `call_back_key` need two different keys")
        return self

    def rung(self, attempt: int) -> tuple[str, ...]:
        return ()

    def leads(self) -> Iterator[tuple[str, str]]:
        if self.leave is not None:
            yield "leave", self.leave
        yield from super().leads()

    def takers(self, agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
        """Those of the agents who have all skills that the step wants."""
        return tuple(each for each in agents if set(self.skills) <= set(each.skills))
