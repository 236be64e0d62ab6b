"""A call flow as it is written in config.yaml: named steps, each with what it does and where the call continues.

The next step is the name of another step, or `end`: then the call is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hub.config.callflow.assistant.converse_step import ConverseStep as ConverseStep
from hub.config.callflow.step import END as END
from hub.config.callflow.step import SOURCE as SOURCE
from hub.config.callflow.step import Agent as Agent
from hub.config.callflow.step import (
    CallerListName,
    DayHours,
    Key,
    Language,
    PhoneNumber,
    PlaceCode,
    SealedPin,
    Speech,
    StepLanguage,
    StepName,
    UserEmail,
    WeeklyHours,
    ZipBeginning,
)
from hub.config.callflow.step import Dialing as Dialing
from hub.config.callflow.step import DialStep as DialStep
from hub.config.callflow.step import Growing as Growing
from hub.config.callflow.step import Part as Part
from hub.config.callflow.step import Queue as Queue
from hub.config.callflow.step import RoundRobin as RoundRobin
from hub.config.callflow.step import SimulCall as SimulCall
from hub.config.callflow.step import Spoken as Spoken
from hub.config.callflow.step import Step as Step

ZIP_DIGITS, PIN_DIGITS = 5, 6
HASH = "#"
"""The key that ends the input if the carrier gets no other setting."""


class Greeting(Spoken):
    """Speaks to the caller, then continues."""

    do: Literal["greeting"] = Field(description="What the step does.")
    then: StepName = Field(description="The next step, or end.")


class Schedule(Step):
    """Routes the call by time: open hours, closed hours, holidays and your own special days."""

    do: Literal["schedule"] = Field(description="What the step does.")
    hours: WeeklyHours = Field(
        description="Days to hours, like `mon-fri: 8:00-17:00` or `sat: [9:00-12:00, 13:00-15:00]`."
    )
    time_zone: str | None = Field(default=None, description="IANA time zone; the default is the company's.")
    holidays: PlaceCode | None = Field(
        default=None, description="Public holidays of a country or region, like US or US-MI, on which you are closed."
    )
    dates: Mapping[date, DayHours] = Field(
        default_factory=dict,
        description="Your own special days: date to hours or `closed`; they override everything else.",
    )
    open: StepName = Field(description="The next step in open hours, or end.")
    closed: StepName = Field(description="The next step in closed hours, or end.")
    holiday: StepName | None = Field(
        default=None, description="The next step on public holidays; the default is that of `closed`."
    )

    def leads(self) -> Iterator[tuple[str, str]]:
        yield "open", self.open
        yield "closed", self.closed
        if self.holiday is not None:
            yield "holiday", self.holiday


class Asking(Spoken):
    """The keys of all steps at which the caller presses keys."""

    most_digits: ClassVar[int] = 1
    seconds: int = Field(default=5, ge=1, le=30, description="Seconds to wait for a key.")
    repeat: int = Field(
        default=1, ge=0, le=5, description="How often it is said again if the caller presses nothing that is listed."
    )
    otherwise: StepName = Field(description="The next step if the caller presses nothing that is listed, or end.")

    @property
    def hash_key(self) -> bool:
        """Whether # is a key like the others."""
        return False

    def chosen(self, digits: str) -> tuple[str, str | None]:
        """What the caller pressed, in words without personal data, and the step to which it leads."""
        raise NotImplementedError


class Menu(Asking):
    """Lets the caller choose by a key."""

    do: Literal["menu"] = Field(description="What the step does.")
    keys: Mapping[Key, StepName] = Field(min_length=1, description="Key to the next step, or end.")

    @property
    def hash_key(self) -> bool:
        return HASH in self.keys

    def chosen(self, digits: str) -> tuple[str, str | None]:
        return f"key {digits[:1]}" if digits else "no key", self.keys.get(digits[:1])

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"keys.{key}", step) for key, step in self.keys.items())
        yield "otherwise", self.otherwise


class ZipRoute(Asking):
    """Asks the caller for a ZIP code of five digits, and routes the call by it."""

    most_digits: ClassVar[int] = ZIP_DIGITS
    do: Literal["zip_route"] = Field(description="What the step does.")
    zips: Mapping[ZipBeginning, StepName] = Field(
        min_length=1,
        description='A ZIP code or its beginning, in quotes, to the next step; "48201" is used before "482".',
    )

    def chosen(self, digits: str) -> tuple[str, str | None]:
        if not (len(digits) == ZIP_DIGITS and digits.isdecimal()):
            return "no ZIP code", None
        fits = [each for each in self.zips if digits.startswith(each)]
        return f"ZIP code {digits[:3]}..", self.zips[max(fits, key=len)] if fits else None

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"zips.{each}", step) for each, step in self.zips.items())
        yield "otherwise", self.otherwise


class WithPin(Asking):
    """The keys of all steps that ask for a PIN of six digits."""

    most_digits: ClassVar[int] = PIN_DIGITS

    def leads(self) -> Iterator[tuple[str, str]]:
        yield "otherwise", self.otherwise


class Messages(WithPin):
    """Lets a person hear the messages of one voicemail by phone, after a PIN of six digits."""

    do: Literal["messages"] = Field(description="What the step does.")
    box: StepName = Field(description="The voicemail step of this flow whose messages are heard.")
    pin: SealedPin = Field(description="The sealed PIN, as `hub flows pin` prints it.")


class SignIn(WithPin):
    """Lets the agents of the flow sign in and out of its queues by phone, or take a break, each after their own PIN."""

    do: Literal["sign_in"] = Field(description="What the step does.")


class Split(Step):
    """Sends callers different ways in equal shares, such as to two greetings that are compared. A caller who calls again is
    sent the same way."""

    do: Literal["split"] = Field(description="What the step does.")
    ways: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")], StepName] = Field(
        min_length=2,
        max_length=10,
        description="A name of your choice to the next step, like `a: short`. A step that is named twice gets twice as many.",
    )

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"ways.{name}", step) for name, step in self.ways.items())


class GeoRoute(Step):
    """Routes the call by the place where the caller's number is from."""

    do: Literal["geo_route"] = Field(description="What the step does.")
    places: Mapping[PlaceCode, StepName] = Field(
        min_length=1, description="Place to the next step; US-IL is used before US if both are listed."
    )
    otherwise: StepName = Field(description="The next step for everybody else, and if the place is unknown; or end.")

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"places.{place}", step) for place, step in self.places.items())
        yield "otherwise", self.otherwise


class Case(Part):
    """One case of an attribution_route. All conditions must match. `*` in a text stands for anything."""

    source: str | None = Field(default=None, description="Only calls from this source, like google.")
    medium: str | None = Field(default=None, description="Only this medium, like cpc.")
    campaign: str | None = Field(default=None, description="Only this campaign.")
    landing_page: str | None = Field(default=None, description="Only visits that began on this page, like */drains*.")
    caller: Literal["first_time", "repeat"] | None = Field(
        default=None, description="Only first-time or repeat callers."
    )
    tag: str | None = Field(default=None, description="Only if this call or an earlier one of the caller has the tag.")
    caller_list: CallerListName | None = Field(
        default=None, description="Only callers on this list of yours, like vip; the page Spam has the lists."
    )
    owner: str | None = Field(
        default=None,
        description="Only callers whose contact in the CRM has this owner, as known from an earlier call.",
    )
    then: StepName = Field(description="The next step, or end.")


class AttributionRoute(Step):
    """Routes the call by its cause and its caller: the first case that matches is used."""

    do: Literal["attribution_route"] = Field(description="What the step does.")
    cases: tuple[Case, ...] = Field(min_length=1, description="Cases; the first that matches is used.")
    otherwise: StepName = Field(description="The next step if no case matches, or end.")

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"cases.{index}.then", case.then) for index, case in enumerate(self.cases))
        yield "otherwise", self.otherwise


class TagStep(Step):
    """Tags the call, then continues."""

    do: Literal["tag"] = Field(description="What the step does.")
    tags: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(min_length=1, description="The tags.")
    then: StepName = Field(description="The next step, or end.")


class Voicemail(Spoken):
    """Takes a message after a tone."""

    do: Literal["voicemail"] = Field(description="What the step does.")
    longest: int = Field(default=180, ge=10, le=600, description="The longest message, in seconds.")
    user: UserEmail | None = Field(default=None, description="The email address of the user whose voicemail it is.")
    then: StepName = Field(default=END, description="The next step after the message.")


class TextBack(Step):
    """Sends the caller a text, if that is allowed, then continues."""

    do: Literal["text_back"] = Field(description="What the step does.")
    text: Annotated[str, Field(min_length=1, max_length=600)] = Field(description="The text.")
    then: StepName = Field(description="The next step, or end.")


class HangUpStep(Step):
    """Ends the call, after a last message if there is one."""

    do: Literal["hang_up"] = Field(description="What the step does.")
    say: Speech | None = Field(default=None, description="A last message.")
    language: StepLanguage = None

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ()


AnyStep = (
    Greeting | DialStep | SimulCall | RoundRobin | Queue | Schedule | Menu | ZipRoute | GeoRoute | AttributionRoute
    | Split | TagStep | Voicemail | Messages | SignIn | TextBack | HangUpStep | ConverseStep
)  # fmt: skip
STEP_TYPES: Mapping[str, type[Step]] = {
    "greeting": Greeting, "dial": DialStep, "simulcall": SimulCall, "round_robin": RoundRobin, "queue": Queue,
    "schedule": Schedule, "menu": Menu, "zip_route": ZipRoute, "geo_route": GeoRoute,
    "attribution_route": AttributionRoute, "split": Split, "tag": TagStep, "voicemail": Voicemail, "messages": Messages,
    "sign_in": SignIn, "text_back": TextBack, "hang_up": HangUpStep, "converse": ConverseStep,
}  # fmt: skip
"""What a step may do."""
WAITING_STEPS = (Dialing, Asking, Voicemail)
"""Steps that wait for a person. Only these may be part of a loop, and the call pauses there."""


class Recording(Part):
    """`recording:` of a flow: what the caller hears before a recorded conversation."""

    notice: Speech = Field(description="Spoken before a recorded call is connected.")
    refuse: Speech = Field(
        default="If you do not want this call to be recorded, press 9.",
        description="Spoken after the notice if the law gives the caller a choice; the key is 9.",
    )
    agree: Speech = Field(
        default="If you agree to the recording, press 1.",
        description="Spoken after the notice if the law requires consent; the key is 1, and without it nothing is recorded.",
    )
    end: Speech | None = Field(
        default=None,
        description="Spoken after the notice if the caller can end the recording at any time with a key: Press 9 at any time "
        "to end the recording. The key is 9, and needs a carrier that hears keys in a conversation.",
    )
    seconds: int = Field(default=4, ge=2, le=10, description="Seconds to wait for that key.")


class Flow(Part):
    """A call flow: its steps, its start, and the phone that rings at once when anything is late or fails."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80, description="A name of your choice, unique in the company."
    )
    title: str | None = Field(
        default=None, max_length=80, description="The name that is displayed; `name` if left out."
    )
    forward: PhoneNumber = Field(
        description="Rings at once when anything is late or fails: E.164, or as written in the USA and Canada."
    )
    start: StepName = Field(description="The first step.")
    language: Language | None = Field(
        default=None, description="Language of what is spoken, with its region, like es-US or fr-CA."
    )
    recording: Recording | None = Field(default=None, description="What is said before a recorded conversation.")
    allow: tuple[Literal["premium", "satellite"], ...] = Field(
        default=(), description="Kinds of expensive numbers that may be dialed anyway."
    )
    agents: tuple[Agent, ...] = Field(
        default=(), max_length=100, description="The people who take calls from the queues of this flow."
    )
    steps: Mapping[StepName, Annotated[AnyStep, Field(discriminator="do")]] = Field(
        min_length=1, max_length=200, description="Name to step."
    )

    @cached_property
    def languages(self) -> Mapping[tuple[str, ...], str]:
        """Each place that names a language, and the language."""
        found: dict[tuple[str, ...], str | None] = {("language",): self.language}
        found |= {("steps", name, "language"): getattr(step, "language", None) for name, step in self.steps.items()}
        return {place: each for place, each in found.items() if each}

    @cached_property
    def records(self) -> bool:
        """Whether any step records."""
        return any(isinstance(step, Dialing | ConverseStep) and step.record for step in self.steps.values())

    @cached_property
    def knows_attribution(self) -> bool:
        """Whether the call's path, or the whisper, depends on what caused the call."""
        return any(
            isinstance(step, AttributionRoute) or (isinstance(step, Dialing) and SOURCE in (step.whisper or ""))
            for step in self.steps.values()
        )

    @cached_property
    def knows_caller(self) -> bool:
        """Whether the call's path depends on earlier calls of the caller."""
        return any(
            (isinstance(step, RoundRobin) and step.sticky) or any(case.caller or case.tag for case in _cases(step))
            for step in self.steps.values()
        )

    @cached_property
    def caller_lists(self) -> frozenset[str]:
        """The lists of callers on which the call's path depends."""
        return frozenset(case.caller_list for step in self.steps.values() for case in _cases(step) if case.caller_list)

    @cached_property
    def asks_pin(self) -> bool:
        """Whether any step asks for a PIN."""
        return any(isinstance(step, WithPin) for step in self.steps.values())

    @cached_property
    def knows_owner(self) -> bool:
        """Whether the call's path depends on who owns the caller's contact in the CRM."""
        return any(case.owner for step in self.steps.values() for case in _cases(step))

    @cached_property
    def asks_for_key(self) -> bool:
        """Whether any phone gets the call only by a key."""
        return any(isinstance(step, Dialing) and step.accept == "key" for step in self.steps.values())

    @cached_property
    def asks_places(self) -> bool:
        """Whether the call's path depends on where the caller may be."""
        return any(isinstance(step, GeoRoute) for step in self.steps.values())

    @cached_property
    def audio_files(self) -> frozenset[str]:
        """Every audio file that the flow plays."""
        return frozenset(play for step in self.steps.values() if (play := getattr(step, "play", None)))

    @cached_property
    def converses(self) -> bool:
        """Whether an assistant may talk with callers."""
        return any(isinstance(step, ConverseStep) for step in self.steps.values())

    @cached_property
    def has_queue(self) -> bool:
        """Whether callers may wait in a queue."""
        return any(isinstance(step, Queue) for step in self.steps.values())


def _cases(step: Step) -> tuple[Case, ...]:
    return step.cases if isinstance(step, AttributionRoute) else ()
