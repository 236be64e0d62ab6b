"""Days, months and years in a company's time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Reports ignore times outside these days, even if a carrier reports them."""

Span = tuple[date, date]
"""A first and a last day."""


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day on which a moment falls."""
    return at.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start of a day and of the next day, in UTC; 23 or 25 hours apart when the clocks change."""
    begins, ends = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return begins, ends


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
