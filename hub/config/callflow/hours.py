"""Opening hours as people write them: `mon-fri: 8:00-17:00`, `sat: [9:00-12:00, 13:00-15:00]`, `closed`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.platform.public_holidays import public_holidays, regions_with_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
DAY_MINUTES = 24 * 60

Hours = tuple[int, int]
"""From one minute of the day to another, which is not included; 24:00 ends a day."""


def parse_hours(value: object) -> tuple[Hours, ...]:
    """`closed`, `8:00-17:00` or a list of such spans; ValueError says what is expected."""
    if value in ("closed", [], ()):
        return ()
    spans = value if isinstance(value, list | tuple) else [value]
    return tuple(_span(each) for each in spans)


def parse_days(value: object) -> Mapping[str, tuple[Hours, ...]]:
    """Days, or ranges of days, with their hours: each day one time, spelled out; ValueError says what is expected."""
    if not isinstance(value, Mapping):
        raise ValueError("expected days with their hours, like `mon-fri: 8:00-17:00`")
    hours: dict[str, tuple[Hours, ...]] = {}
    for written, spans in value.items():
        for day in _days(str(written)):
            if day in hours:
                raise ValueError(f"{day} has hours twice; write them as a list")
            hours[day] = parse_hours(spans)
    return hours


def open_at(spans: tuple[Hours, ...], local: time) -> bool:
    """Whether one of the spans contains this time of the day."""
    minute = local.hour * 60 + local.minute
    return any(begin <= minute < end for begin, end in spans)


def local_time(at: datetime, time_zone: str) -> datetime:
    """The local time there."""
    return at.astimezone(ZoneInfo(time_zone))


def public_holiday(place: str, day: date) -> str | None:
    """The name of the public holiday of `US` or `US-MI` on that day; None on any other day."""
    return holidays_of(place, day.year).get(day)


@lru_cache(maxsize=256)
def holidays_of(place: str, year: int) -> Mapping[date, str]:
    """The public holidays of `US` or `US-MI` in a year, with their names."""
    country, _, region = place.partition("-")
    return public_holidays(country, region or None, year)


def holidays_known(place: str) -> bool:
    """Whether the calendar of public holidays knows this country and region."""
    country, _, region = place.partition("-")
    known = regions_with_holidays(country)
    return known is not None and (not region or region in known)


def _span(value: object) -> Hours:
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(each, int) for each in value):
        begin, end = value
    else:
        match = SPAN.fullmatch(str(value).strip())
        if match is None:
            raise ValueError(f"{value!r} are not valid hours; write them like 8:00-17:00, or closed")
        begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if not 0 <= begin < end <= DAY_MINUTES:
        raise ValueError(f"{value!r} ends before it begins; split hours that cross midnight between the two days")
    return begin, end


def _days(written: str) -> tuple[str, ...]:
    first, dash, last = (part.strip().lower()[:3] for part in written.partition("-"))
    if first not in DAYS or (dash and last not in DAYS):
        raise ValueError(f"{written!r} is not a day of the week; write {', '.join(DAYS)}, or a range like mon-fri")
    if not dash:
        return (first,)
    begin, end = DAYS.index(first), DAYS.index(last)
    return DAYS[begin : end + 1] if begin <= end else (*DAYS[begin:], *DAYS[: end + 1])
