"""The opening hours of a week in a step's form: each day is open or closed, from one time to another, with breaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hub.config.callflow.hours import DAYS, parse_hours, read_hours
from hub.web.forms.field import TICKED, Values

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
USUAL = ("9:00 am", "5:00 pm")
"""In the inputs of a closed day, which are hidden until it is ticked."""
USUAL_WEEK = dict.fromkeys(DAYS[:5], "9:00-17:00")
"""The hours of a new step."""
SAME = {"weekdays": DAYS[:5], "all": DAYS}
"""What a button sets to the same hours."""


@dataclass(frozen=True)
class Day:
    """One day of the form; `name` is that of its inputs."""

    name: str
    title: str
    is_open: bool
    times: Sequence[tuple[str, str]]
    """When it opens and closes: one pair, and one more for each break."""


def week_of_post(sent: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of each day the text of its hours, from the inputs of the form; empty if it is closed."""
    return {f"hours.{day}": [_joined(sent, day) if TICKED in sent.get(f"open.{day}", ()) else ""] for day in DAYS}


def _joined(sent: Mapping[str, Sequence[str]], day: str) -> str:
    opens, closes = (sent.get(f"{end}.{day}", ()) for end in ("from", "to"))
    pairs = [(one.strip(), other.strip()) for one, other in zip(opens, closes, strict=False)]
    return ", ".join(f"{one} to {other}" for one, other in pairs if one or other) or "open"


def days_of(values: Values) -> list[Day]:
    """The days of a form."""
    return [
        Day(day, title, bool(text), [_pair(span) for span in text.split(",")] if text else [USUAL])
        for day, title in zip(DAYS, DAY_NAMES, strict=True)
        for text in [(values.get(f"hours.{day}") or [""])[0]]
    ]


def _pair(span: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*?)\s*\bto\b\s*(.*)", span.strip())
    return (match[1], match[2]) if match else ("", "")


def same_of(values: Values, sent: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The times for several days: as sent, else those of the first open day."""
    if "from.same" in sent:
        return sent["from.same"][0], (sent.get("to.same") or [""])[0]
    return next((day.times[0] for day in days_of(values) if day.is_open), USUAL)


def change_week(values: Values, action: str, which: str, same: tuple[str, str]) -> Values:
    """The values after a button: `same weekdays` and `same all` give those days the same hours, `break` gives each open day
    one more pair of times."""
    if action == "same":
        return {**values, **{f"hours.{day}": [" to ".join(same)] for day in SAME.get(which, ())}}
    opened = [f"hours.{day.name}" for day in days_of(values) if day.is_open]
    return {**values, **{name: [f"{values[name][0]}, to"] for name in opened}}


def unreadable_day(values: Values) -> str | None:
    """The first day whose hours cannot be read or overlap; None if there is none."""
    for day in days_of(values):
        try:
            spans = [span for each in day.times if day.is_open for span in parse_hours(read_hours(" to ".join(each)))]
        except ValueError:
            return day.title
        if spans != sorted(spans) or any(one[1] > other[0] for one, other in pairwise(spans)):
            return day.title
    return None
