"""Which words of an exchange may stay: an allow list. What is not on it is replaced, because it may be somebody's.

The list has ordinary words of APIs and their errors, without first names, family names and places, and it has what the plugin's
own code names: its fields, paths and codes. A value stays only if each part of it is on the list.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from hub.plugin_host.host.messages import Origin
from hub.plugin_host.vendor_exchanges.field_kinds import NAMES

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]")
NUMBERS = frozenset({"164", "256", "512", "3166", "4217", "8601", "3339"})
"""Of standards: E.164, SHA-256, ISO 3166."""
OAUTH = frozenset(
    {"grant_type", "invalid_grant", "unsupported_grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}
)
"""Of RFC 6749 and RFC 7523; Grant alone is a name."""
BARE_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,2}")
SIGNS = frozenset("_-./#*@$[]<>")
MAX_CHARACTERS, MAX_DIGITS, MAX_LETTERS = 120, 4, 1
"""Of a value that stays: its length, its digits, and its parts of a single letter."""
LITERAL = re.compile(r"""["'`]([^"'`\s\\]{2,120})["'`]|^\s*-?\s*"?([\w$@.-]{1,60}!?)"?:""", re.MULTILINE)
SPLIT = re.compile(r"\{[^{}]*\}|[^\w.-]+")
TOKEN = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z_][\w.-]{0,60}|v?\d{1,2}(?:\.\d{1,2})?|20\d\d-\d\d(?:-\d\d)?|20\d{4}")
TITLE = re.compile(r"[A-Z][a-z]+")
NOT_READ = ("sandbox", "exchanges", "test")
"""Folders and files of a plugin whose values are examples."""


@cache
def ordinary_words() -> frozenset[str]:
    """Words of APIs, in lower case."""
    return frozenset(Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split())


@lru_cache(maxsize=64)
def words_of_plugin(origin: Origin) -> frozenset[str]:
    """The names that a plugin's own code has for fields, paths and codes; no code is run."""
    folder = origin.folder or (origin.file.parent if origin.file and origin.file.name == "__init__.py" else None)
    files = sorted(folder.rglob("*")) if folder else [origin.file] if origin.file else []
    found: set[str] = set()
    for file in files:
        if file.suffix in (".py", ".yaml") and not any(each in file.name for each in NOT_READ):
            if folder and any(each in part for part in file.relative_to(folder).parts for each in NOT_READ):
                continue
            found.update(_named(file))
    return frozenset(found | _of_protocols())


@cache
def _of_protocols() -> set[str]:
    """The names that several vendors share, as TwiML's."""
    folder = Path(__file__).parents[2] / "protocols"
    return {each for file in folder.rglob("*.py") if "stand_in" not in file.name for each in _named(file)}


def _named(file: Path) -> set[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return set()
    literals = {one or key for one, key in LITERAL.findall(text)}
    tokens = {token.strip(".-") for literal in literals if "@" not in literal for token in SPLIT.split(literal)}
    return {each for each in tokens if TOKEN.fullmatch(each) and not TITLE.fullmatch(each)}


class AllowedWords:
    """The words that may stay in the exchanges of one plugin."""

    def __init__(self, own: frozenset[str] = frozenset()) -> None:
        self._own, self._words = own, ordinary_words()

    def allows(self, value: str) -> bool:
        """Whether a single value, as `CONVERSION_PRECEDES_CLICK` or `user_data.ph`, may stay."""
        if value in NAMES:
            return False
        if value in self._own or value in OAUTH or BARE_VERSION.fullmatch(value):
            return True
        if len(value) > MAX_CHARACTERS or not value.isascii() or not any(map(str.isalpha, value)):
            return False
        parts = PART.findall(value)
        digits = sum(len(each) for each in parts if each.isdigit())
        letters = sum(len(each) == 1 and each.isalpha() for each in parts)
        return digits <= MAX_DIGITS and letters <= MAX_LETTERS and all(map(self._allows_part, parts))

    def _allows_part(self, part: str) -> bool:
        if part.isdigit():
            return len(part) <= 2 or part in NUMBERS
        if part.isalpha():
            return len(part) == 1 or part.lower() in self._words or part in self._own
        return part in SIGNS
