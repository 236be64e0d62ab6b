"""Fictional values in the place of real ones: the same for the same value within one recording, and made with its key alone.

Only what is reserved for fiction stays as it is, because it belongs to no one: numbers 555-0100 to 555-0199 (North American
Numbering Plan Administration, 555 line numbers), names below `example.com`, `.test` and `.invalid` (RFC 2606), and the
addresses of RFC 5737 and RFC 3849.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from ipaddress import ip_address

AREAS = (
    *(201, 205, 212, 216, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 718, 816, 901, 917, 972),
    *(206, 210, 214, 239, 253, 267, 281, 314, 316, 319, 323, 330, 336, 352, 407, 410, 412, 414, 419, 425),
)
"""Of North America; with 100 numbers each."""
ABROAD = {"44": ("7700900", 3), "33": ("19900", 4), "49": ("3023125", 3)}
"""Country code → how the national numbers begin that its regulator reserves for fiction, and how many digits follow. Sources:
Ofcom, Numbers for drama; ARCEP decision 2018-0881, 2.5.12; Bundesnetzagentur, Rufnummern für Drehbücher."""
FICTIONAL_PHONE = re.compile(r"(?:\+?1)?[2-9]\d\d55501\d\d|\+?447700900\d{3}|\+?3319900\d{4}|\+?493023125\d{3}")
FICTIONAL_HOST = re.compile(r"(?:[\w*-]+\.)*(?:example\.(?:com|net|org)|example|test|invalid|localhost)", re.IGNORECASE)
FICTIONAL_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:", "127.")
HEX = re.compile(r"(?=.*\d)(?:[0-9a-f-]{12,}|[0-9A-F-]{12,})")
SIGNS = frozenset("-_.~+/=:|,@#%&")
"""What stays of an identifier besides its shape; no brace, which would make a placeholder of a vendor's text."""
MIN_SHIFT, MAX_SHIFT = 60 * 86_400, 1_000 * 86_400
"""Seconds by which all times of a recording are moved into the past."""
MAX_CHARACTERS = 4_000
"""Of one fictional identifier."""


class Fiction:
    """The fictional values of one recording."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        span = MAX_SHIFT - MIN_SHIFT
        self.shift = -timedelta(seconds=MIN_SHIFT + int.from_bytes(self._bytes("shift", "", 8)) % span)
        """By how much each time is moved."""

    def phone(self, value: str) -> str:
        """A phone number, written with the same signs as `value`."""
        digits = re.sub(r"\D", "", value)
        if FICTIONAL_PHONE.fullmatch(digits):
            return value
        code = next((each for each in ABROAD if digits.startswith(each)), "1") if value.strip().startswith("+") else "1"
        national = digits[-10:] if code == "1" else digits
        made = self._national(code, national)
        if not (digits.startswith(code) and (code != "1" or len(digits) > 10)):
            return _written(value, made) if len(made) == len(digits) else made
        whole = code + made
        return _written(value, whole) if len(whole) == len(digits) else f"+{whole}" if "+" in value else whole

    def _national(self, code: str, value: str) -> str:
        number = int.from_bytes(self._bytes("phone", value, 8))
        if code in ABROAD:
            begin, count = ABROAD[code]
            return f"{begin}{number % 10**count:0{count}}"
        return f"{AREAS[number // 100 % len(AREAS)]}55501{number % 100:02}"

    def email(self, value: str) -> str:
        """An email address; the same in capitals is the same."""
        name, _, host = value.rpartition("@")
        if FICTIONAL_HOST.fullmatch(host):
            return value
        return f"user-{self._hex('email', f'{name}@{host}'.lower(), 8)}@example.com"

    def host(self, value: str) -> str:
        """A host name, or an address of a machine."""
        try:
            address = ip_address(value.strip("[]"))
        except ValueError:
            if FICTIONAL_HOST.fullmatch(value):
                return value
            return f"host-{self._hex('host', value.lower(), 6)}.example.com"
        if value.strip("[]").lower().startswith(FICTIONAL_NETWORKS):
            return value
        if address.version == 6:
            return f"2001:db8::{self._hex('ip', str(address), 4)}"
        return f"192.0.2.{1 + self._bytes('ip', str(address), 1)[0] % 254}"

    def text(self, value: str) -> str:
        """Words that say nothing, not even how long the text was."""
        return f"Fictional {self._hex('text', value, 8)}" if value.strip() else value

    def token(self, value: str, kept: int = 0) -> str:
        """An identifier, a secret or a hash of the same shape, whose first `kept` characters stay. One of digits alone begins
        with 10, as no phone number does."""
        value = value[:MAX_CHARACTERS]
        stream = self._bytes("token", value, 2 * len(value) + 2)
        if HEX.fullmatch(value[kept:]):
            letters = "0123456789abcdef" if value[kept:] == value[kept:].lower() else "0123456789ABCDEF"
            return value[:kept] + "".join(
                each if each == "-" else letters[stream[at] % 16] for at, each in enumerate(value[kept:])
            )
        made = value[:kept] + "".join(_alike(each, stream[at]) for at, each in enumerate(value[kept:]))
        digits = value[kept:]
        if digits.isdigit() and len(digits) > 6:
            made = f"{value[:kept]}10{made[kept + 2 :]}"
        return made if made != value else f"{value[:kept]}{self._hex('again', value, len(value) - kept)}"

    def number(self, value: str) -> str:
        """A number with as many digits before and after its point, as JSON writes numbers."""
        stream = self._bytes("number", value, len(value))
        made, first = "", True
        for each, byte in zip(value.partition("e")[0].partition("E")[0], stream, strict=False):
            made += str(1 + byte % 9 if first else byte % 10) if each.isdigit() else each
            first = first and not each.isdigit()
        return made

    def moment(self, value: datetime) -> datetime:
        """A time, moved."""
        return value + self.shift

    def iso(self, value: str) -> str | None:
        """A time or a day as ISO 8601 writes it, moved and written alike; None if it is none."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            try:
                return str((datetime.fromisoformat(f"{value}T12:00:00") + self.shift).date())
            except (ValueError, OverflowError):
                return None
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d[T ]\d\d:?\d\d(?::?\d\d)?)([.,]\d+)?(Z|[+-]\d\d:?\d\d)?", value)
        if match is None:
            return None
        try:
            moved = datetime.fromisoformat(match[1]) + self.shift
        except (ValueError, OverflowError):
            return None
        size = len(re.sub(r"\D", "", match[1]))
        form = f"%Y-%m-%d{value[10]}%H:%M:%S" if ":" in match[1] else f"%Y-%m-%d{value[10]}%H%M%S"
        return (
            moved.strftime(form if size > 12 else form[:-3] if ":" in match[1] else form[:-2])
            + (match[2] or "")
            + (match[3] or "")
        )

    def mail_date(self, value: str) -> str | None:
        """A time as email and HTTP write it (RFC 5322, RFC 9110), moved; None if it is none."""
        try:
            moved = parsedate_to_datetime(value) + self.shift
        except (ValueError, OverflowError, TypeError):
            return None
        return format_datetime(moved.astimezone(UTC), usegmt=True) if value.endswith("GMT") else format_datetime(moved)

    def epoch(self, value: int, unit: int) -> int:
        """A time in seconds, milliseconds or microseconds since 1970, moved."""
        return value + int(self.shift.total_seconds()) * unit

    def _hex(self, kind: str, value: str, size: int) -> str:
        return self._bytes(kind, value, size).hex()[:size]

    def _bytes(self, kind: str, value: str, size: int) -> bytes:
        seed = hmac.digest(self._key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), "sha256")
        return hashlib.shake_256(seed).digest(size)


def _alike(character: str, byte: int) -> str:
    """Another character of the same kind."""
    if not (character.isascii() and character.isalnum()):
        return character if character in SIGNS else "x"
    if character.isdigit():
        return str(byte % 10)
    return chr((65 if character.isupper() else 97) + byte % 26)


def _written(pattern: str, digits: str) -> str:
    """`digits` with the signs of `pattern` between them."""
    rest = iter(digits)
    return "".join(next(rest) if each.isdigit() else each for each in pattern)
