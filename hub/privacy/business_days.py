"""Business days and legal deadlines: working days of one or several countries and regions, and periods counted in them.

All functions are pure: a day in, a day out. The holidays come from the `holidays` package, without network access.

The right places depend on the duty. For a *wait* (a notice of 30 business days), use every place concerned, federal and
state holidays together: more holidays give a later day, which is safe. For an *answer* that is due, use the country
alone: fewer holidays give an earlier day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from hub.platform.public_holidays import public_holidays, regions_with_holidays, weekend_of

LAST_YEAR = 2099
"""Holidays of later years are not known; a period that would end after this year is an error."""
SATURDAY_AND_SUNDAY = frozenset({5, 6})
Unit = Literal["days", "business_days", "months"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of some places (`US`, `US-CA`, `CA-QC`, `GB-ENG`, `DE`, `AU-NSW`), in one time zone.

    A day is a business day if it is one in *each* of the places. A region's calendar includes its country's holidays,
    so `US-CA` includes Columbus Day, on which federal offices close and California's do not. Without places, only
    weekends are free. ValueError if the `holidays` package does not know the country; an unknown region counts as its
    country.
    """

    places: frozenset[str] = frozenset()
    time_zone: str = "UTC"

    def is_business_day(self, day: date) -> bool:
        """Neither weekend nor public holiday in any of the places.

        Sources: 5 U.S.C. 6103 (US federal holidays, with the Friday or Monday on which they are observed); Regulation
        (EEC, Euratom) No 1182/71, Article 2 (working days are all but public holidays, Saturdays and Sundays).
        """
        if not self.places:
            return day.weekday() not in SATURDAY_AND_SUNDAY
        return not any(day.weekday() in _weekend(place) or day in _holidays(place, day.year) for place in self.places)

    def next_business_day(self, day: date) -> date:
        """The day itself if it is a business day, else the first business day after it."""
        while not self.is_business_day(day):
            day = _following(day, 1)
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`; `day` itself is not counted (Regulation 1182/71, Article 3(1)).

        With a count of 0, the day itself if it is a business day, else the next one.
        """
        if count < 0:
            raise ValueError("business days are only counted forward")
        if count == 0:
            return self.next_business_day(day)
        while count:
            day = _following(day, 1)
            count -= self.is_business_day(day)
        return day

    def day_of(self, at: datetime) -> date:
        """The local date of a moment."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def begins(self, day: date) -> datetime:
        """The UTC time at which a day begins in this time zone. If the clocks skip midnight, the time of the change."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def ends(self, day: date) -> datetime:
        """The UTC time at which a day ends in this time zone: the moment at which the next day begins."""
        return self.begins(_following(day, 1))


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as laws state it. If `extended`, a period that would end on a free day ends on the next working
    day.
    """

    count: int
    unit: Unit
    extended: bool = False

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("a period cannot be shorter than nothing")

    def last_day(self, day: date, calendar: Calendar) -> date:
        """The last day of the period that starts with an event on `day`."""
        match self.unit:
            case "business_days":
                return calendar.add_business_days(day, self.count)
            case "months":
                last = add_months(day, self.count)
            case "days":
                last = _following(day, self.count)
        return calendar.next_business_day(last) if self.extended else last

    def due(self, at: datetime, calendar: Calendar) -> datetime:
        """The UTC time at which the period is over for an event at `at` (aware): the end of its last day in the
        calendar's time zone.
        """
        return calendar.ends(self.last_day(calendar.day_of(at), calendar))


POLICY_NOTICE = Period(30, "business_days")
"""Promised to accounts: a material change is announced at least this long before it is in force."""


def add_months(day: date, count: int) -> date:
    """The same date `count` months later, or the last day of that month if it has no such date.

    Source: Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c): 31 January plus one month ends on 28 or 29 February.
    """
    if count < 0:
        raise ValueError("months are only counted forward")
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    _check_year(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def known_places(places: Iterable[tuple[str, str | None]]) -> frozenset[str]:
    """Countries with their regions as the places of a calendar, without countries whose holidays are not known."""
    known = [(country, region, regions_with_holidays(country)) for country, region in places]
    return frozenset(
        f"{country}-{region}" if region and region in regions else country
        for country, region, regions in known
        if regions is not None
    )


@lru_cache(maxsize=1024)
def _holidays(place: str, year: int) -> frozenset[date]:
    country, region = _known(place)
    days = set(public_holidays(country, None, year))
    if region:
        days |= set(public_holidays(country, region, year))
    return frozenset(days)


@lru_cache(maxsize=256)
def _weekend(place: str) -> frozenset[int]:
    """The free days of the week (Monday is 0): Saturday and Sunday, except in a few countries."""
    return weekend_of(_known(place)[0])


def _known(place: str) -> tuple[str, str | None]:
    country, _, region = place.partition("-")
    known = regions_with_holidays(country)
    if known is None:
        raise ValueError(
            f"the holidays of {place!r} are not known; name a country by its ISO 3166 code, like US or US-CA"
        )
    return country, region if region in known else None


def _following(day: date, count: int) -> date:
    if count > (date(LAST_YEAR, 12, 31) - day).days:
        _check_year(LAST_YEAR + 1)
    return day + timedelta(days=count)


def _check_year(year: int) -> None:
    if year > LAST_YEAR:
        raise ValueError(f"holidays are not known after {LAST_YEAR}")
