"""The filters of the list of contacts, as a query string writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hub.access.permissions import Action
from hub.contracts.phones import own_phone
from hub.model.columns import storable
from hub.model.marks import LeadStatus
from hub.reports.calendar import OwnDays

MAX_VALUE_CHARACTERS = 300
"""Of one value in a query string; no stored value that can be filtered by is longer."""
MAX_SECONDS = 86_400
MAX_AMOUNT = Decimal(10**9)
NONE = "none"
"""As a lead status or a delivery state: there is none."""
MARKED = "any"
"""As a lead status: there is one."""
IS_LEAD = "yes"
"""As a lead status: what reports count as a lead."""
GOOD, UNSCORED = "good", "unscored"
"""As a lead status, for programs: a good lead; and neither a good lead nor marked as no lead."""


class ContactKind(StrEnum):
    """What a contact is."""

    CALL = "call"
    TEXT = "text"
    FORM = "form"


class Outcome(StrEnum):
    """What became of a call."""

    LIVE = "live"
    """It has not ended."""
    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    """Nobody answered, and the caller left a message."""
    ABANDONED = "abandoned"
    """Nobody answered, and the caller hung up within 15 seconds."""
    MISSED = "missed"
    """Nobody answered, and the caller had waited and left no message."""


UNANSWERED = "unanswered"
"""As a filter: every call that is over and that nobody answered."""
FAILED = "failed"
"""As a filter: every call that broke off, whatever had become of it until then."""


class SentState(StrEnum):
    """What became of a contact's conversions and other deliveries."""

    DELIVERED = "delivered"
    UNVERIFIABLE = "unverifiable"
    """The network took it, and confirms nothing."""
    UNMATCHED = "unmatched"
    """The network cannot tie the person to an ad."""
    HELD = "held"
    REJECTED = "rejected"
    """The destination refused it, or the hub gave up."""
    WAITING = "waiting"


RECORDING_STATES = ("yes", "no", "waiting", "refused", "failed", "gone")
"""`yes`: it can be played; `no`: the call has none; the others say why it cannot be played."""
VERDICTS = ("allow", "needs", "deny")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(ContactKind),
    "outcome": (*Outcome, UNANSWERED, FAILED),
    "lead": (IS_LEAD, *LeadStatus, MARKED, NONE),
    "sent": (*SentState, NONE),
    "recording": RECORDING_STATES,
    "consent": VERDICTS,
    "first_time": ("yes", "no"),
    "missed": ("open",),
    "spam": ("yes", "no"),
}
"""The values of the filters that have a fixed set of them."""
TEXTS = ("tracker", "source", "medium", "campaign", "keyword", "landing_page", "tag", "signal", "q")
RIGHTS: Mapping[str, Action] = {"sent": "deliveries", "recording": "recordings", "signal": "transcripts"}
"""Conditions on what not every role may see."""


@dataclass(frozen=True, kw_only=True)
class ContactFilter:
    """Selects contacts; None leaves a condition out. All conditions must hold."""

    kind: str | None = None
    outcome: str | None = None
    tracker: str | None = None
    """A tracker's name."""
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    keyword: str | None = None
    landing_page: str | None = None
    """The beginning of the address."""
    first_time: str | None = None
    longer: int | None = None
    """The least duration, in seconds."""
    shorter: int | None = None
    """The greatest duration, in seconds."""
    tag: str | None = None
    signal: str | None = None
    """The name of what was read in the call."""
    lead: str | None = None
    value_from: Decimal | None = None
    value_to: Decimal | None = None
    recording: str | None = None
    consent: str | None = None
    sent: str | None = None
    agent: str | None = None
    """The number at which the call was answered."""
    weekday: int | None = None
    """0 is Monday, 6 is Sunday."""
    hours: tuple[int, int] | None = None
    """The first and the last hour of the day, both included."""
    missed: str | None = None
    """`open`: the newest missed call of each caller with whom nobody has spoken since (hub.queries.missed_calls)."""
    spam: str | None = None
    """`yes`: only what its score or a user calls spam; `no`: all else."""
    q: str | None = None
    """What somebody typed into the search field."""
    begins: datetime | None = None
    ends: datetime | None = None
    """The moment after the period."""
    days: tuple[OwnDays, ...] = ()
    """The period as each company has it, if they are in several time zones; `begins` and `ends` are around it all."""
    zone: ZoneInfo = ZoneInfo("UTC")
    """For weekday and hours, if all companies are in one time zone."""
    now: datetime | None = None
    """For `missed`, which no call is without it."""
    person_id: str | None = None
    """This and all that follow are for programs; no query string has them."""
    tracker_ids: tuple[str, ...] = ()
    """One of them."""
    sources: tuple[str, ...] = ()
    """One of them."""
    tags: tuple[str, ...] = ()
    """All of them."""
    agents: tuple[str, ...] | None = None
    """The call was answered at one of these numbers."""
    devices: tuple[str, ...] = ()
    """Words that must stand in the visitor's user agent; with `-` before it, words that must not."""
    search: str | None = None
    """A number or a part of one, of a call's three numbers; a word of a tracker or a source; a part of a form's address."""

    def active(self) -> dict[str, Any]:
        """The conditions that are set, by name; without the period."""
        return {
            each.name: value
            for each in fields(self)
            if each.name not in ("begins", "ends", "days", "zone", "now")
            and (value := getattr(self, each.name)) not in (None, ())
        }


def filter_of(
    query: Mapping[str, str],
    zone: ZoneInfo,
    begins: datetime | None = None,
    ends: datetime | None = None,
    now: datetime | None = None,
) -> ContactFilter:
    """The filter that a query string describes; values that make no sense are left out."""
    found: dict[str, Any] = {name: _text(query.get(name)) for name in TEXTS}
    for name, choices in CHOICES.items():
        value = query.get(name)
        found[name] = value if value in choices else None
    if found["medium"] is None and " / " in (found["source"] or ""):
        found["source"], _, found["medium"] = found["source"].partition(" / ")  # as reports write it
    return ContactFilter(
        **found,
        longer=seconds_of(query.get("longer")),
        shorter=seconds_of(query.get("shorter")),
        value_from=amount_of(query.get("value_from")),
        value_to=amount_of(query.get("value_to")),
        agent=_agent(query.get("agent")),
        weekday=_number(query.get("weekday"), 6),
        hours=_hours(query.get("hour")),
        begins=begins,
        ends=ends,
        zone=zone,
        now=now,
    )


def on_days(wanted: ContactFilter, days: Sequence[OwnDays]) -> ContactFilter:
    """The filter on a range of days of some companies, each in its own time zone."""
    if not days:
        return wanted
    begins, ends = min(each.begins for each in days), max(each.ends for each in days)
    return replace(wanted, begins=begins, ends=ends, days=tuple(days) if len(days) > 1 else (), zone=days[0].zone)


def seconds_of(text: str | None) -> int | None:
    """A duration as people write it: 90, 1:30 or 1:02:03; None if it is none."""
    if not text or not re.fullmatch(r"[0-9]{1,5}(:[0-9]{1,2}){0,2}", text.strip()):
        return None
    seconds = 0
    for part in text.strip().split(":"):
        seconds = seconds * 60 + int(part)
    return min(seconds, MAX_SECONDS)


def amount_of(text: str | None) -> Decimal | None:
    """An amount as people write it: 240, $1,850.00; None if it is none."""
    plain = re.sub(r"[\s,$€£]", "", text or "")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", plain):
        return None
    try:
        return min(Decimal(plain), MAX_AMOUNT)
    except InvalidOperation:  # pragma: no cover - the pattern admits numbers only
        return None


def _text(value: str | None) -> str | None:
    text = storable(value or "").strip()
    return text if 0 < len(text) <= MAX_VALUE_CHARACTERS else None


def _agent(value: str | None) -> str | None:
    plain = re.sub(r"[^0-9]", "", value or "")
    return own_phone(value) or f"+{plain}" if plain.isascii() and 7 <= len(plain) <= 15 else None


def _number(value: str | None, most: int) -> int | None:
    return int(value) if value and re.fullmatch(r"[0-9]{1,2}", value) and int(value) <= most else None


def _hours(value: str | None) -> tuple[int, int] | None:
    first, _, last = (value or "").partition("-")
    begin, end = _number(first, 23), _number(last or first, 23)
    return None if begin is None or end is None or begin > end else (begin, end)
