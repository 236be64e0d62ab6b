"""Business days and legal deadlines: the working days of a country, region or several of them, and what they add up to.

Everything here is pure: a day in, a day out; the holidays come from the `holidays` package, without any network.

Which places to give depends on the duty. Whoever must *wait* (a notice of 30 business days) is on the safe side with every
place that is concerned, federal holidays and the state's own together: more holidays, a later day. Whoever must *answer*
is on the safe side with the country alone: fewer holidays, an earlier day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from hub.public_holidays import public_holidays, regions_with_holidays, weekend_of

LAST_YEAR = 2099
"""Nobody knows the holidays of later years; a period that would end there is an error."""
SATURDAY_AND_SUNDAY = frozenset({5, 6})
Unit = Literal["days", "business_days", "months"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of some places (`US`, `US-CA`, `CA-QC`, `GB-ENG`, `DE`, `AU-NSW`), by the clock of one time zone.

    A day is a business day where it is one in *each* of the places; a region's calendar holds its country's holidays too,
    so `US-CA` knows Columbus Day, on which the federal offices rest and California's do not. Without places, the weekend
    alone is free. ValueError for a country that the calendar of holidays does not know; a region that it does not know
    counts as its country.
    """

    places: frozenset[str] = frozenset()
    time_zone: str = "UTC"

    def is_business_day(self, day: date) -> bool:
        """Neither weekend nor public holiday in any of the places.

        Sources: 5 U.S.C. 6103 (US federal holidays, with the Friday or Monday on which they are kept); Regulation (EEC,
        Euratom) No 1182/71, Article 2 (working days are all but public holidays, Saturdays and Sundays).
        """
        if not self.places:
            return day.weekday() not in SATURDAY_AND_SUNDAY
        return not any(day.weekday() in _weekend(place) or day in _holidays(place, day.year) for place in self.places)

    def next_business_day(self, day: date) -> date:
        """The day itself where it is a business day, else the first one after it."""
        while not self.is_business_day(day):
            day = _following(day, 1)
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, which is itself not counted (Regulation 1182/71, Article 3(1)).

        With a count of 0, the day itself where it is a business day, else the next one.
        """
        if count < 0:
            raise ValueError("business days are counted forwards only")
        if count == 0:
            return self.next_business_day(day)
        while count:
            day = _following(day, 1)
            count -= self.is_business_day(day)
        return day

    def day_of(self, at: datetime) -> date:
        """The day on which a moment falls here."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def begins(self, day: date) -> datetime:
        """When a day begins here, UTC; where the clocks skip midnight, when they jump."""
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)

    def ends(self, day: date) -> datetime:
        """When the last hour of a day is over here, UTC: the moment at which the next day begins."""
        return self.begins(_following(day, 1))


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as laws name it; `extended` where one that ends on a free day ends with the next working day."""

    count: int
    unit: Unit
    extended: bool = False

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("a period cannot be shorter than nothing")

    def last_day(self, day: date, calendar: Calendar) -> date:
        """The last day of the period that an event on `day` sets running."""
        match self.unit:
            case "business_days":
                return calendar.add_business_days(day, self.count)
            case "months":
                last = add_months(day, self.count)
            case "days":
                last = _following(day, self.count)
        return calendar.next_business_day(last) if self.extended else last

    def due(self, at: datetime, calendar: Calendar) -> datetime:
        """When the time is over that an event at `at` (aware) sets running: the end of the last day there, UTC."""
        return calendar.ends(self.last_day(calendar.day_of(at), calendar))


POLICY_NOTICE = Period(30, "business_days")
"""The promise to accounts: a material change is announced so long ahead."""


def add_months(day: date, count: int) -> date:
    """The same date `count` months later, or that month's last day where it has no such date.

    Source: Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c): 31 January and a month end on 28 or 29 February.
    """
    if count < 0:
        raise ValueError("months are counted forwards only")
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    _check_year(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def known_places(places: Iterable[tuple[str, str | None]]) -> frozenset[str]:
    """Countries with their regions as the places of a calendar; countries whose holidays nobody knows are left out."""
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
    """The free days of the week, Monday is 0: Saturday and Sunday but for few countries."""
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
        raise ValueError(f"nobody knows the holidays after {LAST_YEAR}")
