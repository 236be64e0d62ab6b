"""Opening hours: as config.yaml has them (`9:00-17:00`, `closed`), and as people in the USA write them (`9 am to 5 pm`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.platform.public_holidays import public_holidays, regions_with_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
DAY_MINUTES = 24 * 60
CLOCK = re.compile(r"(\d{1,2})(?:[:.]?([0-5]\d))?([ap]m?)?")
NAMED = {"noon": 720, "midnight": 0}
BETWEEN = re.compile(r"\s*(?:-|–|\bto\b|\buntil\b)\s*")
HALF_DAY = DAY_MINUTES // 2

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


def written_spans(spans: Sequence[Hours]) -> str | list[str]:
    """`closed`, `8:00-17:00`, or a list of such spans."""
    texts = [f"{_clock(begin)}-{_clock(end)}" for begin, end in spans]
    return "closed" if not texts else texts[0] if len(texts) == 1 else texts


def _clock(minute: int) -> str:
    return "24:00" if minute == DAY_MINUTES else f"{minute // 60}:{minute % 60:02}"


def hours_in_words(value: object) -> str:
    """`8:00-17:00`, `closed` or a list of spans: 8:00 am to 5:00 pm, closed."""
    return ", ".join(f"{clock_words(begin)} to {clock_words(end)}" for begin, end in parse_hours(value)) or "closed"


def clock_words(minute: int) -> str:
    """A minute of the day: 9:00 am."""
    hour, rest = divmod(minute % DAY_MINUTES, 60)
    return f"{hour % 12 or 12}:{rest:02} {'am' if hour < 12 else 'pm'}"


def read_hours(text: str) -> str:
    """One span as config.yaml has it: from 8, 8am, 8:00 am or 08:00 to 5, 5pm or 17:00. A time of closing that does not say
    which half of the day it means is after that of opening. Any other text stays as it is, for the check of the
    configuration to refuse."""
    opens, *closes = BETWEEN.split(text.strip().lower())
    span = _words_span(opens, closes[0]) if len(closes) == 1 else None
    return str(written_spans([span])) if span else text


def _words_span(opens: str, closes: str) -> Hours | None:
    (begin, _), (end, is_certain) = _minute(opens), _minute(closes)
    if begin is None or end is None:
        return None
    if end <= begin and not is_certain:
        end += HALF_DAY
    end = end or DAY_MINUTES
    return (begin, end) if begin < end <= DAY_MINUTES else None


def _minute(text: str) -> tuple[int | None, bool]:
    """The minute of the day, and whether the text says which half of the day it means."""
    bare = re.sub(r"\s|(?<=[apm])\.", "", text)
    if bare in NAMED:
        return NAMED[bare], True
    match = CLOCK.fullmatch(bare)
    if match is None:
        return None, True
    hour, rest, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    if (half and not 1 <= hour <= 12) or hour * 60 + rest > DAY_MINUTES:
        return None, True
    if half:
        return hour % 12 * 60 + rest + (HALF_DAY if half == "p" else 0), True
    return hour * 60 + rest, hour > 12 or bare.startswith("0")
