"""How a number is written in address books, and facts about a caller from a contact. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format

from hub.api import Fact, as_mappings, as_text, phone_number

BELIEVED = timedelta(days=30)
"""How long an answer is valid. The customer's `keep` decides how long it is stored; without `keep` it is not stored."""


def spellings(number: str) -> list[str]:
    """An E.164 number as address books write it: international, in the country's own format, and plain digits."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return []
    national = phonenumbers.format_number(parsed, Format.NATIONAL)
    ways = [
        number,
        phonenumbers.format_number(parsed, Format.INTERNATIONAL),
        national,
        "".join(filter(str.isdigit, national)),
    ]
    return list(dict.fromkeys(ways))


def facts(people: Sequence[Mapping[str, object]], number: str) -> Iterator[Fact]:
    """The name and the organization of the first contact with exactly this number."""
    person = next((each for each in people if _has(each, number)), None)
    if person is None:
        return
    name = _first(person.get("names"), "displayName")
    if name:
        yield Fact(name="caller_name", value=name, category="user.name", confidence=0.9, lifetime=BELIEVED)
    organization = _first(person.get("organizations"), "name")
    if organization:
        yield Fact(
            name="organization",
            value=organization,
            category="user.contact.organization",
            confidence=0.8,
            lifetime=BELIEVED,
        )


def _has(person: Mapping[str, object], number: str) -> bool:
    """`canonicalForm` is Google's own E.164. If it is missing, the number is read as one of the caller's country."""
    country = _country(number)
    for each in as_mappings(person.get("phoneNumbers")):
        canonical = as_text(each.get("canonicalForm")).strip()
        if (canonical or phone_number(as_text(each.get("value")).strip(), country)) == number:
            return True
    return False


def _country(number: str) -> str:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "US"


def _first(fields: object, name: str) -> str:
    """The primary one of a person's fields, else the first that is not empty."""
    filled = [each for each in as_mappings(fields) if as_text(each.get(name)).strip()]
    primary = [each for each in filled if isinstance(each.get("metadata"), dict) and each["metadata"].get("primary")]
    return as_text((primary or filled)[0].get(name)).strip() if filled else ""
