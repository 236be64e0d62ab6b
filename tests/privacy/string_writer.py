"""Writes TC and GPP strings for tests, straight from their specifications and by no code of the decoder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def text_of(bits: str, unit: int = 6) -> str:
    """Six bits a character, filled up with zeros to whole units of bits."""
    bits += "0" * (-len(bits) % unit)
    return "".join(LETTERS[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def number(value: int, size: int) -> str:
    """A number of a fixed size."""
    return format(value, f"0{size}b")


def ids(chosen: Collection[int], size: int) -> str:
    """One bit for each of `size` ids."""
    return "".join("1" if each in chosen else "0" for each in range(1, size + 1))


def ranges(chosen: Collection[int]) -> str:
    """Each id as a range of one, so that any set may be written."""
    return number(len(chosen), 12) + "".join("0" + number(each, 16) for each in sorted(chosen))


def vendors(chosen: Collection[int], by_ranges: bool) -> str:
    """A list of vendors in either encoding."""
    largest = max(chosen, default=0)
    return number(largest, 16) + ("1" + ranges(chosen) if by_ranges else "0" + ids(chosen, largest))


def tc_string(
    updated: datetime,
    consents: Collection[int] = (),
    interests: Collection[int] = (),
    vendor_consents: Collection[int] = (),
    vendor_interests: Collection[int] = (),
    disclosed: Collection[int] | None = (),
    restrictions: Sequence[tuple[int, int, Collection[int]]] = (),
    by_ranges: bool = False,
) -> str:
    """A TC string of version 2, written by tool 501 in English."""
    at = number(round((updated - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10), 36)
    core = number(2, 6) + at + at + number(501, 12) + number(7, 12) + number(1, 6) + number(4, 6) + number(13, 6)
    core += number(48, 12) + number(5, 6) + "10" + ids((), 12) + ids(consents, 24) + ids(interests, 24)
    core += (
        "0" + number(3, 6) + number(4, 6) + vendors(vendor_consents, by_ranges) + vendors(vendor_interests, by_ranges)
    )
    core += number(len(restrictions), 12)
    core += "".join(number(purpose, 6) + number(kind, 2) + ranges(who) for purpose, kind, who in restrictions)
    others = [] if disclosed is None else [text_of(number(1, 3) + vendors(disclosed, by_ranges))]
    return ".".join([text_of(core, 24), *others])


def fibonacci(value: int) -> str:
    """Fibonacci coding: the largest numbers first, written from the smallest, and a one behind them."""
    numbers = [1, 2]
    while numbers[-1] <= value:
        numbers.append(numbers[-1] + numbers[-2])
    bits = ""
    for each in reversed([each for each in numbers if each <= value]):
        bits = ("1" if each <= value else "0") + bits
        value -= each if each <= value else 0
    return bits + "1"


def gpp_header(sections: Sequence[int]) -> str:
    """The header of a GPP string with these sections, each as a range of one."""
    steps = [now - before for before, now in zip([0, *sections], sections, strict=False)]
    return text_of(
        number(3, 6) + number(1, 6) + number(len(steps), 12) + "".join("0" + fibonacci(step) for step in steps)
    )
