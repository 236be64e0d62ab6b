"""Ids on the wire: a prefix and the 32 hex digits of our UUID; and the whole numbers that CallRail uses in places.

A whole number is the lowest 52 bits of the UUID, which JavaScript reads exactly. These bits are random in a UUIDv7.
"""

from __future__ import annotations

import re

ACCOUNT, CALL, COMPANY, TRACKER, USER, PERSON = "ACC", "CAL", "COM", "TRK", "USR", "PER"
FORM, THREAD, TEXT = "FRM", "SMT", "SCI"
HEX_OF_NUMBER = 13
"""Hex digits of 52 bits."""
MAX_NUMBER = (1 << 4 * HEX_OF_NUMBER) - 1


def wire_id(prefix: str, row_id: str) -> str:
    """`CAL0190…` for the id of a row."""
    return prefix + row_id.replace("-", "")


def row_id(prefix: str, text: str) -> str | None:
    """The id of a row for an id on the wire; None if `text` is none with this prefix."""
    digits = text.removeprefix(prefix)
    if digits == text or re.fullmatch(r"[0-9a-fA-F]{32}", digits) is None:
        return None
    plain = digits.lower()
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


def number_of(row_id: str) -> int:
    """The whole number that stands for a row where CallRail uses one."""
    return int(row_id.replace("-", "")[-HEX_OF_NUMBER:], 16)


def ending_of(number: int) -> str | None:
    """The last characters of the ids that a whole number stands for; None if it is none of ours."""
    if not 0 <= number <= MAX_NUMBER:
        return None
    digits = f"{number:013x}"
    return f"{digits[0]}-{digits[1:]}"


def is_named(prefix: str, wanted: str, row_id: str) -> bool:
    """Whether what a client sent means this row: the id on the wire, or the whole number."""
    return wanted == wire_id(prefix, row_id) or (wanted.isdecimal() and wanted == str(number_of(row_id)))
