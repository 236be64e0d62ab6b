"""Time zones as people write them: what is wrong with a name, and the zone that was surely meant."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import PhoneNumber
from phonenumbers.timezone import time_zones_for_geographical_number

from hub.contracts.prefixes import names_by_prefix
from hub.contracts.regions import NORTH_AMERICA

COMMON_NAMES = {
    "America/New_York": "et edt eastern",
    "America/Chicago": "ct cst cdt central",
    "America/Denver": "mt mdt mountain",
    "America/Los_Angeles": "pt pst pdt pacific",
    "America/Anchorage": "akst akdt alaska",
    "Pacific/Honolulu": "hawaii",
}
"""Zone → what it is called in the USA; names that IANA knows itself, such as EST, are not among them."""
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
AMERICAN = ("us", "usa", "america")
SURELY = 0.9
"""Share of a city's telephone exchanges that must lie in one zone, as several cities may have its name."""
SIMILAR, SIMILAR_CITY = 0.85, 0.7
"""How similar a misspelled name is to the zone, and its last part to the zone's city."""


def time_zone_problem(name: str) -> str | None:
    """A sentence that says what is wrong with the name of a time zone; None if it is one."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        meant = _meant(name)
        hint = f"did you mean `{meant}`?" if meant else "write one like America/Chicago"
        return f"{name!r} is not an IANA time zone; {hint}"
    return None


def _meant(name: str) -> str | None:
    area, _, city = _plain(name).rpartition("/")
    for zone, words in COMMON_NAMES.items():
        if city in words.split():
            return zone
    cities = {_plain(zone).rpartition("/")[2]: zone for zone in _zones() if area not in AMERICAN or "America/" in zone}
    american = _zone_of_american_city(city) if area in ("", *AMERICAN) else None
    return cities.get(city) or american or _misspelled(name)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", " ").removesuffix(" time").removesuffix(" standard")


@cache
def _zones() -> tuple[str, ...]:
    """The zones that are named for an area and a city; of two names of a city the shorter one counts."""
    return tuple(
        sorted((zone for zone in available_timezones() if zone.startswith(AREAS) and "/" in zone), key=len)[::-1]
    )


def _zone_of_american_city(city: str) -> str | None:
    zones: Counter[str] = Counter()
    for prefix, place in names_by_prefix("geodata", NORTH_AMERICA).items():
        if place.partition(",")[0].casefold() == city:
            number = PhoneNumber(country_code=1, national_number=int(prefix[1:].ljust(10, "0")))
            zones.update(time_zones_for_geographical_number(number))
    (found, count), *_ = zones.most_common(1) or [("", 0)]
    return found if count and count >= SURELY * zones.total() else None


def _misspelled(name: str) -> str | None:
    def similarity(one: str, other: str) -> float:
        return SequenceMatcher(None, one, other).ratio()

    written = _plain(name)
    score, zone = max((similarity(written, _plain(zone)), zone) for zone in _zones())
    city = similarity(written.rpartition("/")[2], _plain(zone).rpartition("/")[2])
    return zone if score >= SIMILAR and city >= SIMILAR_CITY else None
