"""Days, months and years in a company's time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, or_

from hub.model import Company

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Reports ignore times outside these days, even if a carrier reports them."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Span = tuple[date, date]
"""A first and a last day."""


class OwnDays(NamedTuple):
    """A range of days in one time zone, from a moment until before another, and the companies that it is for."""

    zone: ZoneInfo
    companies: tuple[str, ...]
    begins: datetime
    ends: datetime

    def local(self, at: datetime) -> datetime:
        """A moment by the clocks of these companies."""
        return at.astimezone(self.zone)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day on which a moment falls."""
    return at.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start of a day and of the next day, in UTC; 23 or 25 hours apart when the clocks change."""
    begins, ends = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return begins, ends


def own_days(companies: Iterable[Company], first: date, last: date) -> list[OwnDays]:
    """A range of days of several companies, by time zone. The day of a company is that of its own time zone on every page,
    in every file and for every program, so that a figure over several companies is the sum of theirs."""
    by_zone: dict[str, list[str]] = {}
    for company in companies:
        by_zone.setdefault(company.time_zone, []).append(company.id)
    return [
        OwnDays(zone := ZoneInfo(name), tuple(ids), bounds(first, zone)[0], bounds(last, zone)[1])
        for name, ids in by_zone.items()
    ]


def in_days(days: Sequence[OwnDays], company: Any, at: Any) -> ColumnElement[bool]:
    """The condition that a row of one of the companies falls on its days."""
    return or_(false(), *(and_(company.in_(each.companies), at >= each.begins, at < each.ends) for each in days))


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def year_of(day: date) -> date:
    """The first day of its year."""
    return day.replace(month=1, day=1)


def span_before(first: date, last: date) -> Span:
    """What a range of days is compared with: the same weekday a week ago for one day, else as many days before it."""
    back = timedelta(days=7) if first == last else last - first + timedelta(days=1)
    return first - back, last - back


def months_between(first: date, last: date) -> Iterator[Span]:
    """Every month that has a day from `first` to `last`."""
    return _periods(month_of(first), last, lambda month: month_of(month + timedelta(days=31)))


def years_between(first: date, last: date) -> Iterator[Span]:
    """Every year that has a day from `first` to `last`."""
    return _periods(year_of(first), last, lambda year: year_of(year + timedelta(days=366)))


def _periods(begins: date, last: date, following: Callable[[date], date]) -> Iterator[Span]:
    while begins <= last:
        following_begins = following(begins)
        yield begins, following_begins - timedelta(days=1)
        begins = following_begins
