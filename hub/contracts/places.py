"""The places at which the person with a phone number may be, by the world's numbering plans, offline."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import timezone

from hub.contracts.consent import Place
from hub.contracts.phones import NANP_NUMBER, phone_number
from hub.contracts.regions import NORTH_AMERICA, region_problem, regions_of

FIXED, MOBILE, FIXED_OR_MOBILE = 0, 1, 2
"""The `phonenumbers` package's types for the lines that people have at home or with them."""


EXCHANGE = 8
"""Characters of a North American number, `+1` included, that determine its place."""


def places_of_number(number: str | None) -> tuple[Place, ...]:
    """Every place that a number (E.164) could belong to, each with its time zones; empty if unknown.

    Regions are known in the USA and Canada only; an area code in several regions gives each of them. A toll-free or
    worldwide number, a hidden caller and a number that cannot exist give no place.
    """
    if number is not None and NANP_NUMBER.fullmatch(number):
        # A ringing call waits for this: one cached lookup per exchange, not per number.
        return _places(f"{number[:EXCHANGE]}0100")
    return _places(number) if number else ()


def is_place(code: str) -> bool:
    """Whether a code such as `US`, `US-CA` or `CA-QC` is a country of ISO 3166, or a region of one. Regions are known in the
    USA and Canada only; elsewhere any code of the right form is accepted."""
    country, dash, region = code.partition("-")
    return country in phonenumbers.SUPPORTED_REGIONS and not (dash and region_problem(region, country))


@lru_cache(maxsize=16384)
def _places(number: str) -> tuple[Place, ...]:
    e164 = phone_number(number)
    if e164 is None:
        return ()
    parsed = phonenumbers.parse(e164)
    country = phonenumbers.region_code_for_number(parsed)
    sharing = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    kind = phonenumbers.number_type(parsed)
    if country is None or country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY or not _tells(kind, len(sharing)):
        return ()
    zones = _time_zones(parsed)
    regions = sorted(regions_of(e164[1:], country)) if e164[1:].startswith(NORTH_AMERICA) else []
    return tuple(Place(country=country, region=region, time_zones=zones) for region in regions or (None,))


def _tells(kind: int, countries: int) -> bool:
    """Whether a number shows its country: a calling code of several countries does so only for a person's own line."""
    return countries == 1 or kind in (FIXED, MOBILE, FIXED_OR_MOBILE)


def _time_zones(parsed: object) -> tuple[str, ...]:
    return tuple(zone for zone in timezone.time_zones_for_number(parsed) if zone != timezone.UNKNOWN_TIMEZONE)  # type: ignore[arg-type]
