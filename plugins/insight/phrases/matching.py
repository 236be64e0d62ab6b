"""Find phrases in lines: small letters, no accents, and any inflection of each word, English or Spanish.

A phrase is words. `a|b` is one word or the other, and `...` stands for up to three words in between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

GAP, MAX_GAP_WORDS = "...", 3
MIN_STEM_LETTERS = 3
CHANGED_Y = ("ied", "ies", "y")
"""Endings after which two letters are enough, as in try and tries."""
Phrase = tuple[frozenset[str] | None, ...]
"""The stems of each word; None for a gap."""
ENDINGS = {
    "en": "ings ing ied ies ed es s e y",
    "es": "abamos iamos ieron iendo aron ando adas ados idas idos amos emos imos aste iste aban ian ada ado ida ido aba ara "
    "era ira are ere ire ar er ir an en as es os ia io a e o s",
}
"""By language, the endings that inflection adds, the longest first. A word has at most one of them."""


def words_of(text: str) -> list[str]:
    """The words of a text in small letters without accents; an apostrophe belongs to its word and is left out."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in plain if not unicodedata.combining(each)).replace("’", "'").replace("'", "")
    return re.findall(r"\w+", plain)


@lru_cache(maxsize=16_384)
def stem(word: str, language: str) -> str:
    """What the forms of a word have in common."""
    for ending in ENDINGS.get(language, ENDINGS["en"]).split():
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= MIN_STEM_LETTERS - (ending in CHANGED_Y):
            return (
                rest[:-1] if ending in ("ed", "ing") and rest[-1] == rest[-2] and len(rest) > MIN_STEM_LETTERS else rest
            )
    return word


def phrase_of(text: str, language: str) -> Phrase:
    """A phrase as a rule writes it; ValueError if it has no word, or begins or ends with a gap."""
    phrase = tuple(
        None if part == GAP else frozenset(stem(word, language) for each in part.split("|") for word in words_of(each))
        for part in text.replace("…", GAP).split()
    )
    if not phrase or not phrase[0] or not phrase[-1] or frozenset() in phrase:
        raise ValueError(f"{text!r} is no phrase; write words, a|b for either word, and ... between two words")
    return phrase


def says(words: Sequence[str], phrase: Phrase) -> bool:
    """Whether the stems of a line hold a phrase."""
    return any(_fits(words, start, phrase) for start in range(len(words)))


def _fits(words: Sequence[str], at: int, phrase: Phrase) -> bool:
    if not phrase:
        return True
    first, rest = phrase[0], phrase[1:]
    if first is None:
        return any(_fits(words, at + skipped, rest) for skipped in range(MAX_GAP_WORDS + 1))
    return at < len(words) and words[at] in first and _fits(words, at + 1, rest)
