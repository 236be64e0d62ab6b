"""The public holidays of a country or of one of its regions, from the `holidays` package, which is imported on first use."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any


def regions_with_holidays(country: str) -> frozenset[str] | None:
    """The regions that have a calendar of their own, as in ISO 3166-2 without the country; None for an unknown country.

    `country` is an ISO 3166 code of two letters.
    """
    found = _countries().get(country)
    return None if found is None else frozenset(found)


def public_holidays(country: str, region: str | None, year: int) -> Mapping[date, str]:
    """The holidays of one year with their names, of a country and a region that are known."""
    holidays = _library()
    return dict(holidays.country_holidays(country, subdiv=region, years=year).items())


def weekend_of(country: str) -> frozenset[int]:
    """The free days of the week in a known country; Monday is 0."""
    holidays = _library()
    return frozenset(holidays.country_holidays(country).weekend)


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = _library().list_supported_countries(include_aliases=False)
    return found


@lru_cache(maxsize=1)
def _library() -> Any:
    """The package, which imports a country when it is asked for it. Its own package of countries imports all 250, 8 MB, with
    the first one."""
    import holidays

    countries = ModuleType("holidays.countries")
    countries.__path__ = [str(Path(holidays.__file__).parent / "countries")]
    sys.modules.setdefault(countries.__name__, countries)
    return holidays
