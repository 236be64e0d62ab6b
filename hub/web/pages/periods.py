"""The period of a page: today, the last days, or two dates; and the period before, for comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.model import Company
from hub.platform.formats import day_of, zone_name
from hub.reports.calendar import span_before

PRESETS = {"today": ("Today", 1), "7d": ("7 days", 7), "30d": ("30 days", 30), "90d": ("90 days", 90)}
WHOLE = {"last_week": "Last week", "last_month": "Last month"}
"""The newest week (Monday to Sunday) and month that are over."""
MAX_DAYS = 800


@dataclass(frozen=True)
class Period:
    """Whole days, `first` and `last` included, in one time zone."""

    name: str
    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def is_preset(self) -> bool:
        """Whether it is one of PRESETS, and not a week, a month or two dates."""
        return self.name in PRESETS

    @property
    def last_over(self) -> date:
        """Its last day that is over; today is not."""
        return self.last - timedelta(days=1) if self.is_preset else self.last

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        after = self.last + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=self.zone)

    @property
    def title(self) -> str:
        """As people say it: today; the last 30 days; Nov 1 to Nov 24."""
        if self.name == "today":
            return "today"
        if self.is_preset:
            return f"the last {PRESETS[self.name][1]} days"
        if self.name in WHOLE:
            return WHOLE[self.name].lower()
        return day_of(self.first) if self.days == 1 else f"{day_of(self.first)} to {day_of(self.last)}"

    def before(self) -> Period:
        """The period that it is compared with: the same weekday a week ago for one day, the month before for a month, else as
        many days before it."""
        if self.name == "last_month":
            last = self.first - timedelta(days=1)
            return Period("before", last.replace(day=1), last, self.zone)
        return Period("before", *span_before(self.first, self.last), self.zone)

    def query(self) -> dict[str, str]:
        """Its part of a page's query string."""
        if self.is_preset or self.name in WHOLE:
            return {"period": self.name}
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


def days_words(companies: Collection[Company], zone: ZoneInfo) -> str:
    """In which time the days of some companies are (`hub.reports.calendar.own_days`): Chicago time."""
    return "each company's own time" if len({each.time_zone for each in companies}) > 1 else zone_name(zone)


def period_of(query: Mapping[str, str], zone: ZoneInfo, now: datetime, default: str = "30d") -> Period:
    """The period that a query string names; the default if it names none, or no possible one."""
    today = now.astimezone(zone).date()
    first, last = _day(query.get("first")), _day(query.get("last"))
    if first and last and first <= last and (last - first).days < MAX_DAYS:
        return Period("dates", first, last, zone)
    name = query.get("period", default)
    if name == "last_week":
        monday = today - timedelta(days=today.weekday() + 7)
        return Period(name, monday, monday + timedelta(days=6), zone)
    if name == "last_month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(name, last.replace(day=1), last, zone)
    name = name if name in PRESETS else default
    return Period(name, today - timedelta(days=PRESETS[name][1] - 1), today, zone)


def period_sent(query: Mapping[str, str], zone: ZoneInfo, last: date) -> Period:
    """The period of a query string as it is sent after the day `last`, with whole days only: the last of them is `last`."""
    today = last if query.get("period") in PRESETS else last + timedelta(days=1)
    period = period_of(query, zone, datetime(today.year, today.month, today.day, 12, tzinfo=zone))
    return replace(period, name="dates") if period.is_preset else period


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2999, 1, 1) else None
