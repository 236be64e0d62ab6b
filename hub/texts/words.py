"""What a person means by a text: stop, start, help, or something else. A stop word that nothing explains means stop; a text
without one that may still ask for an end of texts is doubtful."""

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
"""Characters of a text that are read; carriers deliver 1,600 (Twilio error 21617), an MMS at most so many."""
LIKENESS = 0.85
"""How like a stop word a text of one word must be to count as its misspelling; `stp` is, `shop` and `step` are not."""
LOOSE_LIKENESS = 0.66
"""How like a stop word a text of one word must be to be doubtful: `stahp` is."""
SHORTEST_LIKE = 4
"""Letters of the shortest stop word whose misspellings are looked for."""
LOOSELY = ("stop", "stopall", "unsubscribe", "optout")
"""The stop words whose rough misspellings are doubtful."""
REAL_WORDS = frozenset({"top", "tops", "parara", "comparar", "salire", "pares", "aparar", "final", "finale", "send"})
"""Words in their own right that are like a stop word."""
LOOKALIKES = str.maketrans("авекмнорстухѕіјԁԛһαβεζηικμνορτυχ", "abekmhopctyxsijdqhabezhikmvoptyx")
"""Small Cyrillic and Greek letters, and the Latin ones that they or their capitals look like."""
IN_PLACE_OF_LETTERS = str.maketrans("0$@51", "osasi")
LETTERS_LIKE_LATIN = str.maketrans("ø", "o")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means, in which language it said so, and how that was found.

    `how`: `word` it is one of the words; `misspelt` it is nearly one; `wording` a person's own words say so; `ambiguous` a stop
    word stands in it and nothing explains that away; `doubtful` it may ask for a stop, and a person must read it; `refusal` it
    says no to something, which after a marketing text is doubtful too; `none` it holds nothing of the kind.
    """

    meaning: Meaning
    language: str = "en"
    how: Literal["word", "misspelt", "wording", "ambiguous", "doubtful", "refusal", "none"] = "none"


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
    """Cues of a text that may ask for an end of texts; the head of words.yaml says what each field means."""

    alone: tuple[re.Pattern[str], ...]
    refusal: re.Pattern[str]
    subject: re.Pattern[str]
    innocent: tuple[re.Pattern[str], ...]

    def fits(self, said: str) -> bool:
        """Whether one cue that is enough alone stands in `said`, or a refusal together with what it is about."""
        for pattern in self.innocent:
            said = pattern.sub(" ", said)
        if any(pattern.search(said) for pattern in self.alone):
            return True
        return bool(self.refusal.search(said) and self.subject.search(said))


def read(text: str) -> Reading:
    """What a person means by `text`, in whichever of the languages of words.yaml it is."""
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
    """`text` without what hides a word: width, case, accents, letters of other alphabets that look the same, punctuation,
    pictures, letters set apart or drawn out."""
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
        words = [word for word, meaning in language.words.items() if meaning == "stop" and len(word) >= SHORTEST_LIKE]
        if difflib.get_close_matches(said, words, 1, LIKENESS):
            return Reading("stop", language.code, "misspelt")
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
    """`said` without words of courtesy at its ends, unless it is nothing else."""
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
    """The longest first, so that `thank you` goes before a shorter one."""
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
