"""Brings a text into the one form that words are compared in, and divides it into sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

SENTENCE_WORDS, SHARED_WORDS = 40, 15
"""Words of the longest sentence. A longer one, as in a transcript without punctuation, is read in parts of as many, each of
which repeats some words of the one before it."""
SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|[\n\r;]+")
LOOKALIKES = str.maketrans("авекмнорстухѕіјԁԛһαβεζηικμνορτυχ", "abekmhopctyxsijdqhabezhikmvoptyx")
"""Small Cyrillic and Greek letters, and the Latin letters that they or their capitals look like."""
IN_PLACE_OF_LETTERS = str.maketrans("0$@51347", "osasieat")
MEASURED = re.compile(r"\d+(am|pm|st|nd|rd|th|h|k|x|ft|b)?")
"""An hour, a place in a row or a size: its digits stand for no letters."""
LETTERS_LIKE_LATIN = str.maketrans({"ø": "o", "œ": "oe", "æ": "ae"})
SIGNS = {"emostop": "🛑⛔🚫✋🙅📵🔕", "emorude": "🖕"}
"""Pictures that say stop, and the words that they are read as."""
SIGN_WORDS = {ord(sign): f" {word} " for word, signs in SIGNS.items() for sign in signs} | {ord("#"): " number "}


def plain(text: str, signs: bool = True) -> str:
    """`text` without anything that can hide a word: width, case, accents, similar letters of other alphabets,
    punctuation, pictures, letters that are spaced or repeated. With `signs`, a stop sign is a word.
    """
    worded = text.translate(SIGN_WORDS) if signs else text
    folded = unicodedata.normalize("NFKC", worded).casefold().translate(LOOKALIKES)
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


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in plain form; a very long one in parts that overlap."""
    for sentence in SENTENCE_END.split(text):
        words = plain(sentence).split()
        for begin in range(0, max(len(words) - SHARED_WORDS, 1), SENTENCE_WORDS - SHARED_WORDS):
            yield " ".join(words[begin : begin + SENTENCE_WORDS])


def _unmasked(token: str) -> str:
    masked = any(character.isalpha() for character in token) and not token.isalpha()
    unmasked = token.translate(IN_PLACE_OF_LETTERS) if masked and not MEASURED.fullmatch(token) else token
    return unmasked.replace("$", "").replace("@", "")
