"""The public holidays of a country or of one of its regions, from the `holidays` package, which is loaded when first asked.

That package would read the calendars of all its 250 countries to answer for one; here it reads only those that are asked for.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from typing import Any

COUNTRIES = "holidays.countries"
_loading = threading.RLock()


def regions_with_holidays(country: str) -> frozenset[str] | None:
    """The regions that have a calendar of their own, as in ISO 3166-2 without the country; None for an unknown country.

    `country` is an ISO 3166 code of two letters.
    """
    return frozenset(_calendar(country).subdivisions) if country in _countries() else None


def public_holidays(country: str, region: str | None, year: int) -> Mapping[date, str]:
    """The holidays of one year with their names, of a country and a region that are known."""
    return dict(_calendar(country)(subdiv=region, years=year).items())


def weekend_of(country: str) -> frozenset[int]:
    """The free days of the week in a known country; Monday is 0."""
    return frozenset(_calendar(country)().weekend)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    from holidays.registry import EntityLoader

    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


@lru_cache(maxsize=256)
def _calendar(country: str) -> Any:
    """The class of a known country's calendar."""
    import holidays

    with _without_all_countries():
        return getattr(holidays, country).get_entity()


@contextmanager
def _without_all_countries() -> Iterator[None]:
    """While the block runs, the package of all countries stands there unread, so that only a module within it is."""
    with _loading:
        spec = find_spec(COUNTRIES) if COUNTRIES not in sys.modules else None
        if spec is None:
            yield
            return
        sys.modules[COUNTRIES] = module_from_spec(spec)
        try:
            yield
        finally:
            del sys.modules[COUNTRIES]
