"""Which phone numbers cost extra or belong to a country, by the world's numbering plans, offline."""

from __future__ import annotations

import phonenumbers

from hub.contracts.places import places_of_number

SATELLITE = frozenset({870, 881, 882, 883})
"""Calling codes of satellite and international networks. Source: ITU-T E.164 list of assigned codes."""


def costs_extra(number: str) -> bool:
    """Whether a call or text to a number (E.164) is charged at a higher rate: premium, shared cost, satellite, and the
    like."""
    kind = phonenumbers.PhoneNumberType
    expensive = (kind.PREMIUM_RATE, kind.SHARED_COST, kind.PERSONAL_NUMBER, kind.PAGER, kind.UAN)
    parsed = phonenumbers.parse(number)
    if parsed.country_code in SATELLITE:
        return True
    # A number that its country has not assigned gets no type, though its beginning says what it is.
    national = phonenumbers.national_significant_number(parsed)
    american = parsed.country_code == 1 and national[:3] in ("900", "976")
    return american or phonenumbers.number_type(parsed) in expensive


def countries_of(number: str) -> frozenset[str]:
    """The countries (ISO 3166) that a number (E.164) may belong to; empty for toll-free and worldwide numbers."""
    return frozenset(place.country for place in places_of_number(number) if place.country)
