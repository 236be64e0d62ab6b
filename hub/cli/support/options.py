"""Parses the values of options: a time, or a text that is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from hub.config.durations import parse_span
from hub.errors import CannotDo
from hub.queries.lookup import shown

DAYS_AGO = {"today": 0, "yesterday": 1}


def since(text: str | None, now: datetime, zone: tzinfo = UTC) -> datetime | None:
    """The beginning of `today` or `yesterday`, `2h` or `3 days` before `now`, or a date or time; days are those of `zone`."""
    if text is None:
        return None
    if (day := _day(text, now, zone)) is not None:
        return _midnight(day, zone)
    try:
        return now - parse_span(text)
    except (ValueError, OverflowError):
        pass
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotDo(f"{shown(text)!r} is not a time; write it like today, 2h, 3d or 2026-05-01.") from None
    return at.replace(tzinfo=zone).astimezone(UTC) if at.tzinfo is None else at.astimezone(UTC)


def until(text: str | None, now: datetime, zone: tzinfo = UTC) -> datetime | None:
    """As `since`, but the end of a day that is named alone."""
    day = None if text is None else _day(text, now, zone)
    if day is not None and day < date.max:
        return _midnight(day + timedelta(days=1), zone)
    return since(text, now, zone)


def choice(text: str | None, choices: Sequence[str], option: str) -> str | None:
    """`text` if it is None or one of `choices`; CannotDo lists them."""
    if text is None or text in choices:
        return text
    raise CannotDo(f"{option} {shown(text)!r} is not known; choose one of {', '.join(choices)}.")


def _day(text: str, now: datetime, zone: tzinfo) -> date | None:
    """The day that a word or a date names."""
    word = text.strip().lower()
    if word in DAYS_AGO:
        return now.astimezone(zone).date() - timedelta(days=DAYS_AGO[word])
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise CannotDo(f"{day} is too far away; choose a day between 1900 and 9000.") from None
