"""Parses phone numbers for the hub and all plugins: E.164 or None."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from hub.contracts.answers import OWN_PHONE

PHONE_NAME = r"[a-z0-9][a-z0-9-]{0,31}"
MAX_PHONE = len(OWN_PHONE) + 32
"""Characters of E.164 or `phone:NAME`."""
NANP_NUMBER = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
"""E.164 of the North American numbering plan; longer and shorter numbers under `+1` do not exist."""


@lru_cache(maxsize=65536)
def phone_number(text: object, country: str = "US") -> str | None:
    """`text` as E.164, or None if it is not a number that could be dialed (hidden callers, short codes, SIP addresses).

    `country` (ISO 3166) is used for numbers in national format. Full-width and other Unicode digits are understood; an
    extension is dropped; a number that no country could assign gives None.
    """
    if not isinstance(text, str) or not text or len(text) > 64:
        return None
    if NANP_NUMBER.fullmatch(text):
        return text  # phonenumbers gives the same result, and a ringing call waits
    plain = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Cf", "Cc")
    ).strip()
    if re.match(r"(?i)sips?:|.*@", plain):
        return None
    plain = re.sub(r"(?i)^tel:", "", plain)
    if not re.match(r"^[+(]?[\d(]", plain):
        return None
    try:
        parsed = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None if e164 in KEYPAD_WORDS else e164


def e164(text: object) -> str | None:
    """`text` if it looks like a number in E.164, else None. Plugins promise this format, and columns rely on it."""
    return text if isinstance(text, str) and re.fullmatch(r"\+[0-9]{1,15}", text) else None


def own_phone(text: object) -> str | None:
    """`text` if it is `phone:NAME`, a phone of the business itself, else None."""
    return text if isinstance(text, str) and re.fullmatch(OWN_PHONE + PHONE_NAME, text) else None


KEYPAD_WORDS = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What carriers send for hidden callers: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE typed on a keypad.
Source: Twilio's list of special caller ids."""
