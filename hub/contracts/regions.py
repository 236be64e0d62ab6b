"""The US state or Canadian province of a North American number, or nothing if it could be several."""

from __future__ import annotations

import re
from functools import cache

from hub.contracts.prefixes import longest_name, names_by_prefix

NORTH_AMERICA = "1"
AREA_CODE = 4
"""Digits of the calling code and the area code."""

US_STATES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Washington D.C.": "DC", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI",
    "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY",
    "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN",
    "Mississippi": "MS", "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH",
    "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND",
    "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI",
    "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virginia": "VA", "Washington State": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip
"""As the package's data spells them."""
CANADIAN_PROVINCES = {
    "Alberta": "AB", "British Columbia": "BC", "British Colombia": "BC", "Manitoba": "MB", "New Brunswick": "NB",
    "Newfoundland and Labrador": "NL", "Northwest Territories": "NT", "Nova Scotia": "NS", "Nunavut": "NU",
    "Ontario": "ON", "Prince Edward Island": "PE", "Quebec": "QC", "Saskatchewan": "SK", "Yukon": "YT",
}  # fmt: skip
"""One of them is misspelled in the data, once."""
REGIONS = {"US": US_STATES, "CA": CANADIAN_PROVINCES}

_CITY_AND_CODE = re.compile(r".+, ([A-Z]{2})")


def region_of(digits: str, country: str) -> str | None:
    """The state or province (`IL`, `QC`) of a number's digits, `1` included; None outside the USA and Canada.

    The area code decides if it lies in one region. 902 and 782 (Nova Scotia, Prince Edward Island) and 867 (the territories)
    lie in several: there the exchange after it decides, if the data has it.
    """
    regions = regions_of(digits, country)
    return next(iter(regions)) if len(regions) == 1 else None


def regions_of(digits: str, country: str) -> frozenset[str]:
    """Every state or province that a number's digits, `1` included, could belong to; empty if unknown."""
    if country not in REGIONS or not digits.startswith(NORTH_AMERICA):
        return frozenset()
    regions = _regions_of_area(digits[:AREA_CODE], country)
    if len(regions) == 1:
        return regions
    found = longest_name("geodata", NORTH_AMERICA, digits)
    return (regions_in(found[1], country) if found else frozenset()) or regions


def regions_in(name: str, country: str) -> frozenset[str]:
    """The regions that a name in the data stands for: `Chicago, IL`, `Ontario`, `Nova Scotia/Prince Edward Island`."""
    known = REGIONS[country]
    city = _CITY_AND_CODE.fullmatch(name)
    if city is not None:
        return frozenset({city[1]} & set(known.values()))
    return frozenset(known[part] for part in name.split("/") if part in known)


@cache
def _regions_of_area(area: str, country: str) -> frozenset[str]:
    """The regions of an area code by its own name, or by all names of its exchanges if it has none."""
    names = names_by_prefix("geodata", NORTH_AMERICA)
    own = [names[area]] if area in names else [name for prefix, name in names.items() if prefix.startswith(area)]
    return frozenset(region for name in own for region in regions_in(name, country))
