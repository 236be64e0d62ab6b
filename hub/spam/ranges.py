"""Numbers whose calls are suspect by their shape alone: `ranges.yaml` and the numbering plans of the package phonenumbers."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import phonenumbers

from hub.contracts.phones import NANP_NUMBER
from hub.platform.own_yaml import read_yaml

EXCHANGE = len("+1312555")
"""Characters of a North American number up to its exchange."""


class _Ranges(NamedTuple):
    never: tuple[tuple[re.Pattern[str], str], ...]
    one_ring: tuple[str, ...]


@cache
def _ranges() -> _Ranges:
    tree = read_yaml(files("hub.spam").joinpath("ranges.yaml").read_text(encoding="utf-8"))
    never = tuple((re.compile(each["pattern"], re.ASCII), str(each["why"])) for each in tree["never_originate"])
    return _Ranges(never, tuple(tree["one_ring"]["prefixes"]))


def cannot_call(number: str) -> str | None:
    """Why no line with this number (E.164) can place a call, in words that follow "the caller's number"; None if one can."""
    for pattern, why in _ranges().never:
        if pattern.fullmatch(number):
            return why
    known = f"{number[:EXCHANGE]}0100" if NANP_NUMBER.fullmatch(number) else number
    return None if _is_assigned(known) else "is in no numbering plan"


def rings_once(number: str) -> bool:
    """Whether the number begins as those do that ring one time and wait for an expensive call back."""
    return number.startswith(_ranges().one_ring)


def exchange_of(number: str | None) -> str | None:
    """The area code and exchange of a North American number; None for any other."""
    return number[:EXCHANGE] if number and NANP_NUMBER.fullmatch(number) else None


@lru_cache(maxsize=16384)
def _is_assigned(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
