"""The one reader of refusals: in texts, messages of forms, transcripts of calls and voicemail, notes and tags.

A stop word means stop unless other words explain it; wording that may only ask to end contact is doubtful.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Meaning = Literal["stop", "start", "help", "other"]
Source = Literal["text", "form", "speech", "note"]
"""What is read: a text message, the free fields of a form, what a person said in a call or voicemail, a note or tag about a
person."""
Channel = Literal["texts", "calls"]
TEXTS, CALLS, BOTH = (
    frozenset[Channel]({"texts"}),
    frozenset[Channel]({"calls"}),
    frozenset[Channel]({"texts", "calls"}),
)
MAX_READ = 100_000
"""Characters that are read: what is said in an hour. Carriers deliver at most 5,000 (an MMS)."""
SENTENCE_WORDS, SHARED_WORDS = 40, 15
"""Words of the longest sentence. A longer one, as in a transcript without punctuation, is read in parts of as many, each of
which repeats some words of the one before it."""
SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|[\n\r;]+")
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
NAMES_OF_CHANNELS: Mapping[Channel, re.Pattern[str]] = {
    "texts": re.compile(
        r"\b(text\w*|sms|mms|messag\w*|msgs?|mensaj\w*|mensage\w*|messagg\w*|nachricht\w*|escrib\w*|ecri\w*|schreib\w*)\b"
    ),
    "calls": re.compile(
        r"\b(call\w*|phoning|phone me|ring(ing)?|llam\w*|appel\w*|ruf\w*|anruf\w*|lig(ar|ue|uem|ando)|chiam\w*|dial\w*)\b"
    ),
}
"""In every language: what names a channel."""
IN_PLACE_OF_LETTERS = str.maketrans("0$@51", "osasi")
LETTERS_LIKE_LATIN = str.maketrans("ø", "o")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means, in which language it says so, and how that was found.

    `how`: `word` it is one of the keywords; `misspelled` it is nearly one; `wording` free wording says so; `ambiguous` it
    contains a stop word that nothing explains; `doubtful` it may ask for a stop, and a user must read it; `refusal` it
    says no to something, which is doubtful too after a marketing text; `none` it contains nothing of the kind.
    `channels`: what a stop, doubt or refusal is about; empty otherwise. Wording that names neither texts nor calls is about
    both; a keyword sent by text is about texts.
    """

    meaning: Meaning
    language: str = "en"
    how: Literal["word", "misspelled", "wording", "ambiguous", "doubtful", "refusal", "none"] = "none"
    channels: frozenset[Channel] = frozenset()


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


def read(text: str, source: Source = "text") -> Reading:
    """What the person means by `text`, in any of the languages in words.yaml. Never raises; takes time linear in its length.

    A text of many sentences is read sentence by sentence, and its strongest sentence counts. The caller acts on three results:
    `meaning == "stop"` is a sure refusal of `channels`; `how == "doubtful"` goes to the queue of doubtful texts;
    `how == "refusal"` matters only as the answer to a marketing text. `start` and `help` exist for texts alone.

    - Form: pass each free field with `source="form"`.
    - Call or voicemail: pass what the caller said with `source="speech"`, without what the agent said if the speakers are
      known. Timestamps and speaker names must be removed.
    - Note or tag: pass it with `source="note"`. It may be about the person: `customer asked not to be called`, `DNC`.
    - Imported text of any age: pass it as a text that has just arrived.

    Source: 47 CFR 64.1200(a)(10), a person may revoke consent in any reasonable manner.
    """
    text = text[:MAX_READ]
    whole = plain(text)
    if not whole:
        return Reading("other")
    reading = _by_word(whole) or _by_spelling(whole)
    if reading is not None and (source in ("text", "form") or reading.meaning == "stop"):
        return replace(reading, channels=TEXTS if reading.meaning == "stop" else frozenset())
    return _strongest([_sentence(said, source) for said in _sentences(text)])


def _sentences(text: str) -> Iterator[str]:
    for sentence in SENTENCE_END.split(text):
        words = plain(sentence).split()
        for begin in range(0, max(len(words) - SHARED_WORDS, 1), SENTENCE_WORDS - SHARED_WORDS):
            yield " ".join(words[begin : begin + SENTENCE_WORDS])


def _sentence(said: str, source: Source) -> Reading:
    reading = _by_wording(said) or Reading("other")
    if reading.how == "ambiguous" and source in ("speech", "note"):
        return Reading("other")
    return replace(reading, channels=_channels(said)) if reading.how != "none" else reading


def _channels(said: str) -> frozenset[Channel]:
    named = frozenset[Channel](channel for channel, pattern in NAMES_OF_CHANNELS.items() if pattern.search(said))
    return named or BOTH


def _strongest(readings: Sequence[Reading]) -> Reading:
    """The strongest of the readings, about the channels of all that are as strong."""
    strongest = min(readings, key=_weakness, default=Reading("other"))
    alike = [each.channels for each in readings if _weakness(each) == _weakness(strongest)]
    return replace(strongest, channels=frozenset[Channel]().union(*alike))


def _weakness(reading: Reading) -> int:
    return 0 if reading.meaning == "stop" else {"doubtful": 1, "refusal": 2}.get(reading.how, 3)


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
