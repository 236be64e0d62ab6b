"""What another call-tracking service says, in the hub's terms, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRecord:
    """A company of the account there."""

    id: str
    title: str
    time_zone: str = "UTC"
    is_active: bool = True
    domains: tuple[str, ...] = ()
    cookie_days: int | None = None
    """How long its pages remember a visitor."""
    lost: tuple[str, ...] = ()
    """What it is set to there and cannot be here, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerRecord:
    """A tracker: its numbers (E.164), what it stands for, and what its callers hear."""

    id: str
    company_id: str
    title: str
    is_pool: bool = False
    is_active: bool = True
    numbers: tuple[str, ...] = ()
    source: tuple[str, str] | None = None
    """Source and medium, of a tracker that stands for one source."""
    campaign: str | None = None
    dial: str | None = None
    """The business's phone that rings."""
    greeting: str | None = None
    whisper: str | None = None
    record: bool = False
    voicemail: bool = False
    """Who is not answered may leave a message."""
    swap: tuple[str, ...] = ()
    """The numbers on the website that it replaces."""
    lost: tuple[str, ...] = ()
    """What it does there and a tracker here cannot do, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """A user of the account there. `companies` is empty for one who sees all of them."""

    id: str
    email: str
    name: str
    role: str
    companies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRecord:
    """A tag that users there may choose; `company_id` is None if all companies have it."""

    id: str
    name: str
    color: str
    company_id: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What an account consists of; it becomes part of config.yaml."""

    companies: tuple[CompanyRecord, ...] = ()
    trackers: tuple[TrackerRecord, ...] = ()
    users: tuple[UserRecord, ...] = ()
    tags: tuple[TagRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What the service says of the source of a contact."""

    shown: str | None = None
    """The source's name as it is shown there, like Google Ads."""
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    keyword: str | None = None
    landing_page: str | None = None
    click_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What users there added to a contact."""

    status: LeadStatus | None = None
    value: Money | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call. `id` is the service's own; None in a file that has none. `company` and `tracker` are ids there."""

    id: str | None
    company: str | None
    tracker: str | None
    at: datetime
    direction: Literal["in", "out"] = "in"
    caller_number: str | None = None
    tracking_number: str | None = None
    business_number: str | None = None
    """The phone that rang, or that answered."""
    name: str | None = None
    place: Mapping[str, str] = field(default_factory=dict)
    """Where the caller is, by the names of facts: place, region, country."""
    duration: int | None = None
    answered: bool = False
    voicemail: bool = False
    is_first: bool | None = None
    recorded: bool = False
    recording_duration: int | None = None
    cause: Cause = Cause()
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """A form that a visitor sent. `id` is None in a file that has none."""

    id: str | None
    company: str | None
    at: datetime
    form_id: str | None = None
    page: str | None = None
    number: str | None = None
    name: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    is_first: bool | None = None
    cause: Cause = Cause()
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRecord:
    """One text of a thread. `id` is unique there; None in a file that has none."""

    id: str | None
    company: str | None
    tracker: str | None
    at: datetime
    direction: Literal["in", "out"]
    person_number: str | None
    tracking_number: str | None
    body: str
    cause: Cause = Cause()
    marks: Marks = Marks()


Record = CallRecord | FormRecord | TextRecord


@dataclass(frozen=True, slots=True)
class Position:
    """How far a list was read before: it goes on behind `place`."""

    place: int = 0
    """Pages, or lines of a file, that were read."""
    total: int | None = None
    """How many entries the list had then."""


BEGINNING = Position()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: the records that could be read, and for each that could not its id there and the reason."""

    number: int
    """1-based, in pages; of a file the number of lines that were read with it."""
    done: int
    """Entries of the list that were read, with this page."""
    total: int | None
    """How many the whole list has, if it says so."""
    records: tuple[Record, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    is_last: bool = False
