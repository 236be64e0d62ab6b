"""The last net under logs: masks phone numbers, email addresses and secrets, in whatever form they were written.

Nothing of the hub logs any of them on purpose. This is for what libraries, providers' replies and plugins write. Ids, UUIDs,
hashes and times stay as they are. And what masks card numbers in what people write, before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, MutableMapping
from contextvars import ContextVar

MAX_CHARACTERS = 4_000
"""Of one value; what is longer is cut, so that a reply of a megabyte costs no time and no disk."""
MAX_DEPTH = 4
MIN_PHONE_DIGITS = 9
HIDDEN = "***"

MASKED_CARD = "[card number removed]"
FIRST_DIGITS, MIN_CARD_GROUP, MAX_CARD_GROUPS = "23456", 3, 5
"""How card numbers are written: 4-4-4-4, 4-6-5, 4-4-4-4-3, or without groups."""
DOUBLED = bytes(48 + sum(divmod(2 * (code - 48), 10)) if 48 <= code < 58 else code for code in range(256))
"""What each digit at every second place counts in Luhn's check."""

ASCII_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}
"""Full-width digits, as East Asian keyboards write them."""
_MAY_BE_CARD = re.compile(r"(?<![0-9+])[0-9](?:[\s.\-–]{0,2}[0-9]){12,}")
"""A run of digits that may hold a card number; one that begins with a plus is a phone number."""

_ENCODED = re.compile(r"%(?:25)*(20|22|27|28|29|2B|2D|2F|3A|3D|40|5B|5D|7B|7D)", re.IGNORECASE)
_ENCODED_BREAK = re.compile(r"%(?:25)*(?:C2%(?:25)*A0|E2%(?:25)*80%(?:25)*9[0-5])|\\u(?:00a0|201[0-5])", re.IGNORECASE)
"""URL-encoded characters that separate, lead or end what is looked for; encoded several times, too. Breaks in JSON as well."""

_BREAK = r"[ .()/+\u00a0\u2010-\u2015-]"
_START, _END = r"(?<![0-9A-Fa-f])(?<!\d\.)", r"(?![0-9A-Fa-f])"
"""Digits beside hexadecimal letters belong to a hash, those after a point to a fraction."""
_MAY_BE_PHONE = re.compile(rf"\d(?:{_BREAK}{{0,3}}\d){{6}}")
_NORTH_AMERICAN = (
    rf"{_START}(?:\+?1{_BREAK}{{0,2}})?\(?[2-9]\d\d\)?{_BREAK}{{0,2}}[2-9]\d\d{_BREAK}{{0,2}}\d{{4}}{_END}"
)
_INTERNATIONAL = rf"\+[1-9](?:\d{{6,14}}(?!\d)|(?:{_BREAK}{{0,3}}\d){{6,14}}(?!\d))"
_NO_DATE = r"(?<!\d-)(?!\d\d[-./ ]\d\d[-./ ](?:19|20)\d\d)"
_NO_UUID = r"(?<![0-9a-f]{4}-)"
_AFTER_ZERO = rf"\d{{8,11}}|0[1-9](?:{_BREAK}{{0,3}}\d){{7,12}}|[1-9](?:{_BREAK}{{0,3}}\d){{7,9}}"
_WITH_TRUNK_ZERO = rf"{_START}{_NO_UUID}{_NO_DATE}\(?0(?:{_AFTER_ZERO}){_END}"
PHONE = re.compile(f"{_NORTH_AMERICAN}|{_INTERNATIONAL}|{_WITH_TRUNK_ZERO}")
"""A phone number as people write it: no date, no hash, no id."""

EMAIL = re.compile(r"(?:\"[^\"\n]{1,64}\"|[^\s@\"'<>=:,;(]{1,256})@[^\s@\"'<>,;)]+\.[^\W\d_]{2,}")
_URL_PASSWORD = re.compile(r"(://)[^\s@\"']+@")

_NAMES = ("passw", "pwd", "passphrase", "secret", "token", "api", "private", "credential", "authorization", "cookie", "otp",
          "pin", "bearer")  # fmt: skip
"""Only text with one of these, in lower case, can hold a secret that has a name."""
_NAME = r"passw(?:or)?d|\bpwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credential|\botp\b|\bpin\b"
_SECRET_NAME = re.compile(f"{_NAME}|authorization|cookie")
_NAMED_SECRET = re.compile(
    rf"((?:{_NAME})[\w-]{{0,20}}\\?[\"']?\s{{0,3}}[:=]\s{{0,3}}(?:b?\\?[\"'])?)"
    r"(?:(?<=\")[^\"\\\n]+|(?<=')[^'\\\n]+|[^\s\"'\\,;&)}\]]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"((?:authorization|cookie)\\?[\"']?\s{0,3}[:=]\s{0,3}(?:b?(\\?[\"']))?(?:(?:basic|bearer|digest|vapid|negotiate)\s+)?)"
    r"(?(2)(?:(?!\2)[^\n])+|[^\n]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\bbearer\s+)[\w.~+/=-]{6,}", re.IGNORECASE)
_MAY_BE_KEY = re.compile(r"[\w.~+/!=-]{12}|-----BEGIN")
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(ctk_(?:[0-9a-f]{16}_)?|whsec_|ya29\.|1//0?|GOCSPX-|AIza|pat-(?:na|eu)\d-|EAA|KEY(?=[0-9A-F]{32})|"
    r"00D\w{12,15}!|AKIA|xox[a-z]-|gh[pousr]_|sk_(?:live|test)_|eyJ(?=[\w-]{8,}\.))[\w.~+/!=-]{8,}"
    r"|(?<=/)()[\w-]{43}(?![\w-])"
    r"|(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?:(?!-----END)[\s\S])*"
)
"""Our API keys, signing secrets and the tokens in our own links; keys of Google, HubSpot, Meta, Telnyx, Salesforce, Amazon, and
what looks like a JSON Web Token or a private key. The prefix stays."""


def scrub(logger: object, method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A processor of structlog: every value of a log line is masked, however deep it is."""
    for name, value in event.items():
        event[name] = _masked(name, value, 0)
    return event


hide_known: ContextVar[Callable[[str], str] | None] = ContextVar("hide_known", default=None)
"""While this thread works for a plugin: removes that plugin's secrets and what it was handed, so that no library logs them."""


def scrubbed(text: str) -> str:
    """`text` with phone numbers cut to their last two digits, and addresses and secrets taken out."""
    if hide := hide_known.get():
        text = hide(text)
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS] + "…"
    if "%" in text or "\\u" in text:
        text = _ENCODED_BREAK.sub(" ", text)
        text = _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)
    lower = text.lower()
    if any(name in lower for name in _NAMES):
        text = _BEARER.sub(rf"\1{HIDDEN}", _HEADER.sub(rf"\1{HIDDEN}", text))
        text = _NAMED_SECRET.sub(rf"\1{HIDDEN}", text)
    return without_people(text)


def without_people(text: str, kept: Collection[str] = ()) -> str:
    """`text` with phone numbers cut to their last two digits, except those whose digits are `kept`; addresses and keys taken
    out."""
    if _MAY_BE_KEY.search(text):
        text = _KEY.sub(lambda found: f"{found[1] or found[2] or found[3] or ''}{HIDDEN}", text)
    if "@" in text:
        text = EMAIL.sub(f"{HIDDEN}@{HIDDEN}", _URL_PASSWORD.sub(rf"\1{HIDDEN}@", text))
    if _MAY_BE_PHONE.search(text):
        text = PHONE.sub(lambda number: number[0] if _is_one_of(number[0], kept) else f"…{number[0][-2:]}", text)
    return text


def _is_one_of(number: str, kept: Collection[str]) -> bool:
    digits = re.sub(r"\D", "", number)
    return len(digits) >= MIN_PHONE_DIGITS and any(each.endswith(digits) for each in kept)


def _masked(name: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        text = str(value)
        return value if len(text) < MIN_PHONE_DIGITS or scrubbed(text) == text else scrubbed(text)
    if isinstance(value, str):
        return HIDDEN if _SECRET_NAME.search(name.lower()) else scrubbed(value)
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        return {scrubbed(str(key)): _masked(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < MAX_DEPTH:
        return [_masked(name, each, depth + 1) for each in value]
    if isinstance(value, bytes | bytearray):
        return _masked(name, value.decode("utf-8", "replace"), depth)
    return scrubbed(repr(value) if isinstance(value, Mapping | list | tuple | set | frozenset) else str(value))


def without_cards(text: str) -> str:
    """`text` with every possible payment card number masked (13 to 19 digits that pass Luhn's check)."""
    text = text.translate(ASCII_DIGITS) if not text.isascii() else text
    return _MAY_BE_CARD.sub(lambda run: _without_cards(run[0]), text) if len(text) > 12 else text


def _without_cards(run: str) -> str:
    """A run of digits without its card numbers, which begin and end with a group, as people write them."""
    groups = [(match[0], match.start(), match.end()) for match in re.finditer(r"[0-9]+", run)]
    kept, at, index = "", 0, 0
    while index < len(groups):
        digits, last = "", None
        if groups[index][0][0] in FIRST_DIGITS:
            for position in range(index, min(index + MAX_CARD_GROUPS, len(groups))):
                group = groups[position][0]
                digits += group
                if len(group) < MIN_CARD_GROUP or len(digits) > 19:
                    break
                if len(digits) >= 13 and passes_luhn(digits):
                    last = position
        if last is not None:
            kept, at, index = kept + run[at : groups[index][1]] + MASKED_CARD, groups[last][2], last
        index += 1
    return kept + run[at:]


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of a payment card (ISO/IEC 7812)."""
    plain = digits.encode()
    return (sum(plain[-1::-2]) + sum(plain[-2::-2].translate(DOUBLED)) - 48 * len(plain)) % 10 == 0
