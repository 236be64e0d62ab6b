"""The places that the privacy page offers, and its templates."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers

from hub.privacy.translations import Texts

if TYPE_CHECKING:
    from jinja2 import Environment

US_STATES = "CA CO CT DE FL IN IA KY MD MN MT NE NV NH NJ OR RI TN TX UT VA WA"
PROVINCES = "AB BC MB NB NL NS ON PE QC SK"
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("us", (*(f"US-{each}" for each in US_STATES.split()), "US")),
    ("ca", (*(f"CA-{each}" for each in PROVINCES.split()), "CA")),
    ("elsewhere", ("EU", "GB", "CH", "AU", "NZ")),
)
"""The states with a comprehensive privacy law in force, as `deadlines.yaml` lists them, and all provinces, by group. Their
names are in the languages' files."""
PLACE_CODES = tuple(code for _, codes in PLACES for code in codes)


def named_places(texts: Texts) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups of places with their names, for a list to choose from."""
    return [
        (texts.plain(f"group.{group}"), [(code, texts.plain(f"place.{code}")) for code in codes])
        for group, codes in PLACES
    ]


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The pages' templates; every value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    found = Environment(
        loader=PackageLoader("hub.web"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    found.filters["phone"] = _written
    return found


def _written(number: str) -> str:
    """A number as people read it, with its country."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
