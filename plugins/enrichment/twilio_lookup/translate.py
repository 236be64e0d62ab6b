"""From Twilio's answer to facts about a caller, and which packages are worth their price for a number. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from hub.api import Fact
from hub.api.places import places_of_number

from .settings import Package

LINE_TYPES = {
    "landline": "fixed_line",
    "mobile": "mobile",
    "fixedVoip": "voip",
    "nonFixedVoip": "voip",
    "personal": "personal_number",
    "tollFree": "toll_free",
    "premium": "premium_rate",
    "sharedCost": "shared_cost",
    "uan": "uan",
    "voicemail": "voicemail",
    "pager": "pager",
}
"""Twilio's line types → ours; `unknown` gives no fact."""
CALLER_TYPES = {"CONSUMER": "consumer", "BUSINESS": "business"}
BELIEVED = timedelta(days=30)
"""How long an answer is valid: numbers are ported and reassigned. The customer's `keep` decides how long it is stored;
without `keep` it is not stored."""


def worth_asking(number: str, packages: tuple[Package, ...]) -> tuple[Package, ...]:
    """The packages that can have data about an E.164 number: names (CNAM) exist for US numbers only."""
    american = any(place.country == "US" for place in places_of_number(number))
    return tuple(package for package in dict.fromkeys(packages) if package != "caller_name" or american)


def facts(answer: Mapping[str, object]) -> Iterator[Fact]:
    """Every fact in an answer, each name once; a package with its own `error_code` gives none."""
    valid = answer.get("valid") is True
    yield _fact("valid", "true" if valid else "false", "user.telephony.line_type", 0.95)
    if not valid:
        return
    line, caller = _package(answer, "line_type_intelligence"), _package(answer, "caller_name")
    known = (
        ("line_type", LINE_TYPES.get(_text(line.get("type"))), "user.telephony.line_type", 0.95),
        ("carrier", _text(line.get("carrier_name")), "user.telephony.carrier", 0.95),
        ("caller_name", _text(caller.get("caller_name")), "user.name", 0.7),
        ("caller_type", CALLER_TYPES.get(_text(caller.get("caller_type"))), "user.telephony.line_type", 0.7),
    )
    for name, value, category, confidence in known:
        if value:
            yield _fact(name, value, category, confidence)


def _fact(name: str, value: str, category: str, confidence: float) -> Fact:
    return Fact(name=name, value=value, category=category, confidence=confidence, lifetime=BELIEVED)


def _package(answer: Mapping[str, object], name: str) -> Mapping[str, object]:
    package = answer.get(name)
    return package if isinstance(package, dict) and package.get("error_code") is None else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
