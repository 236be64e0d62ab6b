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
"""By country: the name of each state or province, and its ISO 3166-2 code without the country."""
US_TERRITORIES = {
    "American Samoa": "AS", "Guam": "GU", "Northern Mariana Islands": "MP", "Puerto Rico": "PR", "U.S. Virgin Islands": "VI",
}  # fmt: skip
"""Countries in ISO 3166; other sources treat them as regions of the United States."""

KINDS_OF_REGION = {"US": "a state or territory of the USA", "CA": "a province or territory of Canada"}
EXAMPLES = {"US": "IL", "CA": "ON"}
REGION_CODE = re.compile(r"[A-Z0-9]{1,3}")

_CITY_AND_CODE = re.compile(r".+, ([A-Z]{2})")


def region_problem(code: str, country: str) -> str | None:
    """A sentence that says why a code is not that of a state or other region of a country; None if it is. Which ones exist
    is known in the USA and Canada only; elsewhere a code of the right form is accepted."""
    known = REGIONS.get(country)
    if known is None:
        right = REGION_CODE.fullmatch(code)
        return (
            None
            if right
            else f"{code!r} is not a region's code; write one to three capital letters or digits, like ENG"
        )
    if code in known.values() or (country == "US" and code in US_TERRITORIES.values()):
        return None
    names = {name.casefold(): each for name, each in known.items()} | {each.casefold(): each for each in known.values()}
    written = code.strip().rstrip(".").casefold()
    meant = {each for name, each in names.items() if name == written or (len(written) > 3 and name.startswith(written))}
    hint = f"did you mean `{meant.pop()}`?" if len(meant) == 1 else f"write it like {EXAMPLES[country]}"
    return f"{code!r} is not the code of {KINDS_OF_REGION[country]}; {hint}"


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
