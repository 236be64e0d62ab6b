"""What the name of a field says about its value. The words are in `field_kinds.tsv`, each with its kind."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
ROWS = [row.split("\t") for row in Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()]


def _words(kind: str) -> frozenset[str]:
    return frozenset(word for each, words in ROWS if each == kind for word in words.split())


PERSONAL = _words("personal")
"""Of these everything is replaced, also words that may stay elsewhere."""
STEMS = tuple(_words("stems"))
"""Of words that are written as one, as `firstname`."""
IMPERSONAL = _words("impersonal")
"""Beside `name`, it is the name of no person; and so with the others."""
ERROR, ERROR_TEXT = _words("error"), _words("error_text")
"""What holds an error, and in it what says why."""
LISTED = _words("listed")
"""Their values may be several words of the list, with spaces between them."""
TIME, PHONE, AMOUNT = _words("time"), _words("phone"), _words("amount")
NAMES = _words("names")
"""Words that may be somebody's name when they stand alone and begin with a capital letter."""
IDENTIFIER, CODE = _words("identifier"), _words("code")


@lru_cache(maxsize=4_096)
def kinds_of(name: str) -> frozenset[str]:
    """The words of a field's name."""
    return frozenset(each.lower() for each in PART.findall(name))


def is_personal(kinds: frozenset[str]) -> bool:
    """Whether a field of this name is replaced as a whole."""
    if kinds & IMPERSONAL:
        return False
    return bool(kinds & PERSONAL) or any(stem in kind for kind in kinds for stem in STEMS)


def is_birth(kinds: frozenset[str]) -> bool:
    """Whether it says when a person was born."""
    return bool(kinds & {"birth", "birthday", "birthdate", "dob", "db"})
