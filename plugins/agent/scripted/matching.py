"""Find phrases among words: whole words, in any case, with or without accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def folded(text: str) -> str:
    """The words of a text in small letters without accents and apostrophes, with one space around each."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("’", "").replace("'", "")
    words = re.findall(r"[^\W_]+", "".join(each for each in plain if not unicodedata.combining(each)))
    return f" {' '.join(words)} "


@lru_cache(maxsize=4_096)
def alternatives(phrase: str) -> tuple[tuple[str, ...], ...]:
    """The words of a phrase, each with its alternatives."""
    return tuple(tuple(folded(each).strip() for each in part.split("|")) for part in phrase.split())


@lru_cache(maxsize=4_096)
def pattern(phrase: str) -> re.Pattern[str]:
    """What finds a phrase in a folded text."""
    return re.compile("".join(f" (?:{'|'.join(map(re.escape, part))})" for part in alternatives(phrase)) + "(?= )")
