"""Days as a company's own calendar has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""What a carrier tells of other times is no day of a report."""


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day on which a moment falls."""
    return at.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day begins and when the next one does, UTC; 23 or 25 hours apart where the clocks are changed."""
    begins, ends = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return begins, ends


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both among them."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def months_between(first: date, last: date) -> Iterator[date]:
    """The first day of every month that has a day from `first` to `last`."""
    month = month_of(first)
    while month <= last:
        yield month
        month = last_of_month(month) + timedelta(days=1)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def last_of_month(month: date) -> date:
    """The last day of the month that begins at `month`."""
    return month_of(month + timedelta(days=31)) - timedelta(days=1)
