"""Dates on the wire: how they are written, and what a client may send.

Times of calls, forms and texts are in the company's time zone, with milliseconds and an offset with a colon. Clients send
days, times with and without an offset, and names of ranges like `last_7_days`; days are those of the time zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.errors import CannotDo

RANGES = (
    "recent", "today", "yesterday", "last_7_days", "last_30_days", "this_month", "last_month", "this_year", "last_year",
    "all_time",
)  # fmt: skip
DEFAULT_RANGE = "recent"
RECENT_DAYS = 30
RAILS_ZONES = {
    "America/New_York": "Eastern Time (US & Canada)",
    "America/Chicago": "Central Time (US & Canada)",
    "America/Denver": "Mountain Time (US & Canada)",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific Time (US & Canada)",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Halifax": "Atlantic Time (Canada)",
    "Europe/London": "London",
    "UTC": "UTC",
}
"""IANA zone → its name in summaries; other zones keep their own."""
FIRST_MOMENT, LAST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""What a client sends is limited to these, so that no time overflows in another zone."""


@dataclass(frozen=True)
class Period:
    """A range of time, in a time zone. `begins` is None for all time; `ends` is not part of it."""

    begins: datetime | None
    ends: datetime
    zone: ZoneInfo


def local_time(at: datetime | None, zone: ZoneInfo) -> str | None:
    """`2017-01-24T11:27:48.119-05:00`: of calls, forms and texts."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")


def utc_time(at: datetime | None) -> str | None:
    """`2026-02-10T08:43:51.280Z`: of companies, users and tags."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def range_time(at: datetime, zone: ZoneInfo) -> str:
    """`2026-02-03T00:00:00-0800`: the ends of a summary."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")


def zone_title(zone: ZoneInfo) -> str:
    """`Pacific Time (US & Canada)`: a zone's name in a summary."""
    return RAILS_ZONES.get(zone.key, zone.key)


def zone_named(text: str | None, otherwise: str) -> ZoneInfo:
    """The zone that a client sent, by its IANA name or its name in summaries; else the company's."""
    by_title = {title: key for key, title in RAILS_ZONES.items()}
    try:
        return ZoneInfo(by_title.get(text or "", text or otherwise))
    except (LookupError, ValueError, OSError):
        raise CannotDo("time_zone is not known; write an IANA name like America/Chicago.") from None


def period(sent: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Period:
    """The range that `start_date`, `end_date` and `date_range` of a request select; the days are those of `zone`.

    A date takes precedence over a named range. Without both, it is the last 30 days. CannotDo if one cannot be read.
    """
    start, end = sent.get("start_date", "").strip(), sent.get("end_date", "").strip()
    if start or end:
        begins = _moment(start, "start_date", zone) if start else None
        tomorrow = _start_of(now.astimezone(zone).date() + timedelta(days=1), zone)
        ends = _moment(end, "end_date", zone, is_end=True) if end else tomorrow
        if begins is not None and begins >= ends:
            raise CannotDo("start_date is after end_date; swap them.")
        return Period(begins, ends, zone)
    name = sent.get("date_range", "").strip() or DEFAULT_RANGE
    if name not in RANGES:
        raise CannotDo(f"date_range must be one of {', '.join(RANGES)}.")
    first, last = _days(name, now.astimezone(zone).date())
    return Period(_start_of(first, zone) if first else None, _start_of(last + timedelta(days=1), zone), zone)


def _days(name: str, today: date) -> tuple[date | None, date]:
    """The first and the last day of a named range."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    yesterday, before_month, before_year = (each - timedelta(days=1) for each in (today, month, year))
    spans: dict[str, tuple[date | None, date]] = {
        "recent": (today - timedelta(days=RECENT_DAYS - 1), today),
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "last_7_days": (today - timedelta(days=6), today),
        "last_30_days": (today - timedelta(days=29), today),
        "this_month": (month, today),
        "last_month": (before_month.replace(day=1), before_month),
        "this_year": (year, today),
        "last_year": (before_year.replace(month=1, day=1), before_year),
        "all_time": (None, today),
    }
    return spans[name]


def _moment(text: str, name: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime:
    """A day or a time as sent; of an end the moment after it. A plus that was not encoded in the address is a space."""
    written = re.sub(r" (\d\d:?\d\d)$", r"+\1", text) if "T" in text else text
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            day = date.fromisoformat(written)
            return _limited(_start_of(day + timedelta(days=1) if is_end else day, zone))
        found = datetime.fromisoformat(written)
        at = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CannotDo(f"{name} cannot be read; write it like 2026-11-24 or 2026-11-24T09:30.") from None
    return _limited(at + timedelta(microseconds=1) if is_end else at)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _limited(at: datetime) -> datetime:
    return min(max(at, FIRST_MOMENT), LAST_MOMENT)
