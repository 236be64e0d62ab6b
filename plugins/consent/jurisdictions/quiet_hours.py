"""The rows of quiet_hours.yaml, and the hours of a week in which a text may be sent, by time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

from plugins.consent.jurisdictions.rows import Row, read_table, rows_at

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OWN_CITE = "this hub's own hours"
LOOK_AHEAD = 8
"""Days; the hours repeat every week."""

Hours = tuple[time, time] | None
"""Start and end on one day; None if no text may be sent that day."""
Week = tuple[Hours, ...]
"""Monday first."""


def parse_week(written: object) -> object:
    """`{mon-fri: "09:00-18:00"}` as a week. Raises ValueError with the expected form."""
    if not isinstance(written, Mapping):
        return written  # already parsed, or missing
    week: list[Hours] = [None] * 7
    for days, hours in written.items():
        first, _, last = str(days).partition("-")
        match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", str(hours))
        if first not in DAYS or (last or first) not in DAYS or match is None:
            raise ValueError(f"{days}: {hours} are not valid hours; write them like mon-fri: 09:00-18:00")
        between = (time.fromisoformat(match[1]), time.fromisoformat(match[2]))
        if between[0] >= between[1]:
            raise ValueError(f"{hours} end before they begin")
        for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
            week[day] = between
    return tuple(week)


WeekField = Annotated[Any, BeforeValidator(parse_week)]


class HoursRule(Row):
    """One row of the table; the head of quiet_hours.yaml explains the fields."""

    hours: WeekField


class HoursTable(BaseModel):
    """The whole table, with our own hours and the laws' hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    marketing: WeekField
    unknown: WeekField
    service: WeekField
    free_minutes: int
    contact_days: int
    zones: Mapping[str, tuple[str, ...]]
    rules: tuple[HoursRule, ...]

    def rules_at(self, code: str | None) -> tuple[HoursRule, ...]:
        """The rows for a person at `code` (`US`, `US-FL`; None: unknown): those of the place and its country, and
        of all its regions if only the country is known."""
        return rows_at(self.rules, code, ())


@cache
def hours_table() -> HoursTable:
    """The table in this folder."""
    return HoursTable.model_validate(read_table("quiet_hours.yaml"))


@dataclass(frozen=True, slots=True)
class Clock:
    """A time zone in which the person may be, and its allowed hours: within `week` and all of `laws`."""

    zone: str
    week: Week
    laws: tuple[HoursRule, ...] = ()

    @classmethod
    def of(cls, zone: str, own: Sequence[Week], laws: Sequence[HoursRule]) -> Clock:
        """The clock of a zone with all our own hours and all laws that apply there."""
        return cls(zone, together([*own, *(law.hours for law in laws)]), tuple(laws))

    def forbidding(self, at: datetime) -> list[HoursRule]:
        """The laws that forbid a text at `at` there; none if only our own hours do."""
        return [law for law in self.laws if not Clock(self.zone, law.hours).opens(at)]

    def opens(self, at: datetime) -> bool:
        """Whether a text may be sent at `at` there."""
        local = at.astimezone(ZoneInfo(self.zone))
        hours = self.week[local.weekday()]
        return hours is not None and hours[0] <= local.time() < hours[1]

    def beginnings(self, at: datetime) -> Iterable[datetime]:
        """The next times after `at` when the hours begin there."""
        zone = ZoneInfo(self.zone)
        today = at.astimezone(zone).date()
        for ahead in range(LOOK_AHEAD + 1):
            day = today + timedelta(days=ahead)
            hours = self.week[day.weekday()]
            if hours is not None:
                begins = datetime.combine(day, hours[0], zone).astimezone(at.tzinfo)
                if begins > at:
                    yield begins


def together(weeks: Sequence[Week]) -> Week:
    """The hours that are within all of `weeks`."""
    shared: list[Hours] = []
    for day in range(7):
        hours = [week[day] for week in weeks]
        known = [each for each in hours if each is not None]
        begins, ends = max(each[0] for each in known) if known else None, min((each[1] for each in known), default=None)
        fits = len(known) == len(hours) and begins is not None and ends is not None and begins < ends
        shared.append((begins, ends) if fits and begins and ends else None)
    return tuple(shared)


def next_opening(clocks: Sequence[Clock], at: datetime) -> datetime | None:
    """The first time after `at` when all clocks allow a text; None if there is none within a week."""
    moments = sorted(moment for clock in clocks for moment in clock.beginnings(at))
    return next((moment for moment in moments if all(clock.opens(moment) for clock in clocks)), None)
