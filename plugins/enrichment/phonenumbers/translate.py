"""From a phone number to what the world's numbering plans say about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import timezone

from hub.api import Fact, phone_number
from hub.api.places import REGIONS, longest_name, region_of, regions_in

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LINE_TYPES = {
    0: "fixed_line",
    1: "mobile",
    2: "fixed_line_or_mobile",
    3: "toll_free",
    4: "premium_rate",
    5: "shared_cost",
    6: "voip",
    7: "personal_number",
    8: "pager",
    9: "uan",
    10: "voicemail",
}
"""The package's `PhoneNumberType` → our line types."""
PERSONAL_LINES = {"fixed_line", "mobile", "fixed_line_or_mobile"}
CARRIER_LINE_TYPES = {"mobile", "fixed_line_or_mobile", "pager"}
"""Line types for which the package knows a range's carrier."""

PORTING = timedelta(days=90)
"""How long a line type and a carrier are trusted; numbers are ported and reassigned."""

COUNTRY_CONFIDENCE = {"fixed_line": 0.95, "fixed_line_or_mobile": 0.85, "mobile": 0.85, "voip": 0.5}
PLACE_CONFIDENCE = {"fixed_line": 0.8, "fixed_line_or_mobile": 0.5, "mobile": 0.3}
OTHER_CONFIDENCE = 0.6
"""An area code is weak evidence: mobile and VoIP numbers travel with their owners, and fixed ones are ported."""


def facts(number: str) -> Iterator[Fact]:
    """Every fact about a number, each name once; none if the number cannot be dialed."""
    e164 = phone_number(number)
    if e164 is None:
        return
    parsed = phonenumbers.parse(e164)
    country = phonenumbers.region_code_for_number(parsed)  # all that follows would look for it again
    valid = phonenumbers.is_valid_number_for_region(parsed, country)
    yield Fact(name="valid", value="true" if valid else "false", category="user.telephony.line_type", lifetime=PORTING)
    if not valid:
        return
    kind = phonenumbers.number_type(parsed)
    line_type = LINE_TYPES.get(kind, "unknown")
    ported = line_type in CARRIER_LINE_TYPES and phonenumbers.is_mobile_number_portable_region(country or "")
    if line_type != "unknown":
        yield Fact(
            name="line_type",
            value=line_type,
            category="user.telephony.line_type",
            confidence=0.8 if ported else 0.9,
            lifetime=PORTING,
        )
    yield from _whereabouts(parsed, kind, country)
    code, national = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    carrier = longest_name("carrierdata", code, code + national) if line_type in CARRIER_LINE_TYPES else None
    if carrier:  # that first got the range; the number may have been ported since
        yield Fact(
            name="carrier",
            value=carrier[1],
            category="user.telephony.carrier",
            confidence=0.5 if ported else 0.9,
            lifetime=PORTING,
        )


def _whereabouts(parsed: PhoneNumber, kind: int, country: str | None) -> Iterator[Fact]:
    line_type = LINE_TYPES.get(kind, "unknown")
    if country is None or not _tells_country(parsed, line_type):
        return
    confidence = PLACE_CONFIDENCE.get(line_type, OTHER_CONFIDENCE)
    yield Fact(
        name="country",
        value=country,
        category="user.contact.address.country",
        confidence=COUNTRY_CONFIDENCE.get(line_type, OTHER_CONFIDENCE),
    )
    geographic = _geographic_digits(parsed, kind)
    if geographic:
        region = region_of(geographic, country)
        if region:
            yield Fact(
                name="region",
                value=region,
                category="user.contact.address.state",
                confidence=min(0.9, confidence + 0.1),
            )
        found = longest_name("geodata", str(parsed.country_code), geographic)
        if found:
            only_region = country in REGIONS and "," not in found[1] and bool(regions_in(found[1], country))
            yield Fact(
                name="place",
                value=found[1],
                category="user.contact.address.state" if only_region else "user.contact.address.city",
                confidence=confidence,
            )
    zones = (timezone.time_zones_for_geographical_number if geographic else timezone.time_zones_for_number)(parsed)
    if len(zones) == 1 and zones[0] != timezone.UNKNOWN_TIMEZONE:  # else it could be in several
        yield Fact(name="time_zone", value=zones[0], category="user.location.imprecise", confidence=confidence)


def _tells_country(parsed: PhoneNumber, line_type: str) -> bool:
    """False for worldwide numbers, and for toll-free and other numbers that several countries share."""
    sharing = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    return sharing != (phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY,) and (
        len(sharing) == 1 or line_type in PERSONAL_LINES
    )


def _geographic_digits(parsed: PhoneNumber, kind: int) -> str | None:
    """Calling code and national number if the plan ties it to a place, without the token that some countries put in front of
    a mobile number's area code."""
    code = parsed.country_code or 0
    if not phonenumbers.is_number_type_geographical(kind, code):
        return None
    national = phonenumbers.national_significant_number(parsed)
    token = phonenumbers.country_mobile_token(code)
    return f"{code}{national.removeprefix(token) if token else national}"
