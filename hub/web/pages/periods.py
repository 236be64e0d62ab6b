"""The period of a page: today, the last days, or two dates; and the period before, for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.platform.formats import day_of
from hub.reports.calendar import span_before

PRESETS = {"today": ("Today", 1), "7d": ("7 days", 7), "30d": ("30 days", 30), "90d": ("90 days", 90)}
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
    def last_over(self) -> date:
        """Its last day that is over; today is not."""
        return self.last - timedelta(days=1) if self.name in PRESETS else self.last

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
        if self.name in PRESETS:
            return f"the last {PRESETS[self.name][1]} days"
        return day_of(self.first) if self.days == 1 else f"{day_of(self.first)} to {day_of(self.last)}"

    def before(self) -> Period:
        """The period that it is compared with: the same weekday a week ago for one day, else as many days before it."""
        return Period("before", *span_before(self.first, self.last), self.zone)

    def query(self) -> dict[str, str]:
        """Its part of a page's query string."""
        if self.name in PRESETS:
            return {"period": self.name}
        return {"first": self.first.isoformat(), "last": self.last.isoformat()}


def period_of(query: Mapping[str, str], zone: ZoneInfo, now: datetime, default: str = "30d") -> Period:
    """The period that a query string names; the default if it names none, or no possible one."""
    today = now.astimezone(zone).date()
    first, last = _day(query.get("first")), _day(query.get("last"))
    if first and last and first <= last and (last - first).days < MAX_DAYS:
        return Period("dates", first, last, zone)
    name = query.get("period", default)
    name = name if name in PRESETS else default
    return Period(name, today - timedelta(days=PRESETS[name][1] - 1), today, zone)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2999, 1, 1) else None
