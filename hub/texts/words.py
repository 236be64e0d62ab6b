"""Classifies a text as stop, start, help or something else. A stop word means stop unless other words explain it; a
text without a stop word that may still ask to end texts is doubtful.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Meaning = Literal["stop", "start", "help", "other"]
MAX_READ = 5_000
"""Characters of a text that are read. Carriers deliver at most 1,600 (Twilio error 21617), or this many in an MMS."""
LIKENESS = 0.85
"""Similarity from which a text of one word counts as a misspelled stop word: `stp` does, `shop` and `step` do not."""
LOOSE_LIKENESS = 0.66
"""Similarity from which a text of one word is doubtful: `stahp` is."""
MIN_FUZZY_CHARACTERS = 4
"""Letters of the shortest stop word whose misspellings are recognized."""
LOOSELY = ("stop", "stopall", "unsubscribe", "optout")
"""The stop words whose rough misspellings are doubtful."""
REAL_WORDS = frozenset({"top", "tops", "parara", "comparar", "salire", "pares", "aparar", "final", "finale", "send"})
"""Real words that are similar to a stop word."""
LOOKALIKES = str.maketrans("авекмнорстухѕіјԁԛһαβεζηικμνορτυχ", "abekmhopctyxsijdqhabezhikmvoptyx")
"""Small Cyrillic and Greek letters, and the Latin letters that they or their capitals look like."""
IN_PLACE_OF_LETTERS = str.maketrans("0$@51", "osasi")
LETTERS_LIKE_LATIN = str.maketrans("ø", "o")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means, in which language it says so, and how that was found.

    `how`: `word` it is one of the keywords; `misspelled` it is nearly one; `wording` free wording says so; `ambiguous` it
    contains a stop word that nothing explains; `doubtful` it may ask for a stop, and a user must read it; `refusal` it
    says no to something, which is doubtful too after a marketing text; `none` it contains nothing of the kind.
    """

    meaning: Meaning
    language: str = "en"
    how: Literal["word", "misspelled", "wording", "ambiguous", "doubtful", "refusal", "none"] = "none"


@dataclass(frozen=True)
class _Language:
    code: str
    courtesy: frozenset[str]
    words: Mapping[str, Meaning]
    clear: tuple[re.Pattern[str], ...]
    innocent: tuple[re.Pattern[str], ...]
    strong: frozenset[str]
    agreement: frozenset[str]
    doubt: _Doubt


@dataclass(frozen=True)
class _Doubt:
    """Cues of a text that may ask to end texts. The head of words.yaml explains each field."""

    alone: tuple[re.Pattern[str], ...]
    refusal: re.Pattern[str]
    subject: re.Pattern[str]
    innocent: tuple[re.Pattern[str], ...]

    def fits(self, said: str) -> bool:
        """Whether `said` contains a cue that is enough alone, or a refusal together with its subject."""
        for pattern in self.innocent:
            said = pattern.sub(" ", said)
        if any(pattern.search(said) for pattern in self.alone):
            return True
        return bool(self.refusal.search(said) and self.subject.search(said))


def read(text: str) -> Reading:
    """What the person means by `text`, in any of the languages in words.yaml."""
    said = plain(text[:MAX_READ])
    if not said:
        return Reading("other")
    return _by_word(said) or _by_spelling(said) or _by_wording(said) or Reading("other")


def says_yes(text: str) -> bool:
    """Whether `text` is a bare yes in any of the languages, as an answer to a question."""
    said = plain(text[:MAX_READ])
    bare = _without_courtesy(said)
    return any({said, bare} & language.agreement for language in languages())


def plain(text: str) -> str:
    """`text` without anything that can hide a word: width, case, accents, similar letters of other alphabets,
    punctuation, pictures, letters that are spaced or repeated.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(LOOKALIKES)
    decomposed = unicodedata.normalize("NFKD", folded).translate(LETTERS_LIKE_LATIN)
    kept = "".join(
        character if character.isalnum() or character in "$@" else " "
        for character in decomposed
        if unicodedata.category(character) not in ("Mn", "Cf", "Me")
    )
    tokens = [_unmasked(token) for token in kept.split()]
    if len(tokens) > 2 and all(len(token) == 1 for token in tokens):
        tokens = ["".join(tokens)]
    return re.sub(r"([a-z])\1{2,}", r"\1", " ".join(filter(None, tokens)))


def _unmasked(token: str) -> str:
    masked = any(character.isalpha() for character in token) and not token.isalpha()
    unmasked = token.translate(IN_PLACE_OF_LETTERS) if masked else token
    return unmasked.replace("$", "").replace("@", "")


def _by_word(said: str) -> Reading | None:
    bare = _without_courtesy(said)
    for language in languages():
        meaning = language.words.get(said) or language.words.get(bare)
        if meaning is not None:
            return Reading(meaning, language.code, "word")
    return None


def _by_spelling(said: str) -> Reading | None:
    if " " in said or said in REAL_WORDS:
        return None
    for language in languages():
        words = [
            word for word, meaning in language.words.items() if meaning == "stop" and len(word) >= MIN_FUZZY_CHARACTERS
        ]
        if difflib.get_close_matches(said, words, 1, LIKENESS):
            return Reading("stop", language.code, "misspelled")
    return None


def _doubt(rest: str) -> Reading | None:
    for language in languages():
        if language.doubt.fits(rest):
            return Reading("other", language.code, "doubtful")
    if " " not in rest and difflib.get_close_matches(rest, LOOSELY, 1, LOOSE_LIKENESS):
        return Reading("other", "en", "doubtful")
    for language in languages():
        if language.doubt.refusal.search(rest):
            return Reading("other", language.code, "refusal")
    return None


def _by_wording(said: str) -> Reading | None:
    rest = said
    for language in languages():
        for pattern in language.innocent:
            rest = pattern.sub(" ", rest)
    rest = " ".join(rest.split())
    for language in languages():
        if any(pattern.search(rest) for pattern in language.clear):
            return Reading("stop", language.code, "wording")
    for language in languages():
        if language.strong.intersection(rest.split()):
            return Reading("stop", language.code, "ambiguous")
    return _doubt(rest)


def _without_courtesy(said: str) -> str:
    """`said` without words of courtesy at its ends, unless it contains nothing else."""
    while True:
        for word in _courtesy():
            if said.startswith(f"{word} "):
                said = said[len(word) + 1 :]
                break
            if said.endswith(f" {word}"):
                said = said[: -len(word) - 1]
                break
        else:
            return said


@cache
def _courtesy() -> tuple[str, ...]:
    """The longest first, so that `thank you` is removed before a shorter one."""
    words = {word for language in languages() for word in language.courtesy}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@cache
def languages() -> tuple[_Language, ...]:
    """The languages of words.yaml, English first."""
    table: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
    return tuple(
        _Language(
            code,
            frozenset(part["courtesy"]),
            dict(_words(part)),
            tuple(map(re.compile, part["clear"])),
            tuple(map(re.compile, part["innocent"])),
            frozenset(part["strong"]),
            frozenset(part["agreement"]),
            _Doubt(
                tuple(map(re.compile, part["doubt"]["alone"])),
                re.compile(part["doubt"]["refusal"]),
                re.compile(part["doubt"]["subject"]),
                tuple(map(re.compile, part["doubt"]["innocent"])),
            ),
        )
        for code, part in table.items()
    )


def _words(part: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    meanings: tuple[Meaning, ...] = ("stop", "start", "help")
    for meaning in meanings:
        for word in part[meaning]:
            yield word, meaning
