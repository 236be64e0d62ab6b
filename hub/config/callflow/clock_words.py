"""Opening hours as people in the USA write them, `9:00 am to 5:00 pm`, and as config.yaml has them, `9:00-17:00`."""

from __future__ import annotations

import re

from hub.config.callflow.hours import DAY_MINUTES, Hours, parse_hours
from hub.config.callflow.written import written_spans

CLOCK = re.compile(r"(\d{1,2})(?:[:.]?([0-5]\d))?([ap]m?)?")
NAMED = {"noon": 720, "midnight": 0}
BETWEEN = re.compile(r"\s*(?:-|–|\bto\b|\buntil\b)\s*")
HALF_DAY = DAY_MINUTES // 2


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
    span = _span(opens, closes[0]) if len(closes) == 1 else None
    return str(written_spans([span])) if span else text


def _span(opens: str, closes: str) -> Hours | None:
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
