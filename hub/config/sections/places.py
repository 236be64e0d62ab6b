"""Where a business is: its country, its state or province, and its time zone, which exist."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from hub.contracts.places import is_place
from hub.contracts.regions import region_problem
from hub.contracts.time_zones import time_zone_problem


def _real_country(code: str) -> str:
    # A country that no table of laws contains would be treated as unknown.
    if not is_place(code):
        raise ValueError(f"{code} is not an ISO 3166 country; write, for example, US, CA, GB or DE")
    return code


def _real_region(code: str, before: ValidationInfo) -> str:
    """A region of the `country` of the same section, if that is right itself."""
    country = before.data.get("country")
    problem = region_problem(code, country) if country else None
    if problem:
        raise ValueError(problem)
    return code


def _real_time_zone(name: str) -> str:
    problem = time_zone_problem(name)
    if problem:
        raise ValueError(problem)
    return name


Country = Annotated[str, AfterValidator(_real_country)]
Region = Annotated[str, AfterValidator(_real_region)]
TimeZone = Annotated[str, AfterValidator(_real_time_zone)]
