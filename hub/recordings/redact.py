"""Take out of a transcript what nobody should read: card, account and social security numbers, security codes, and for a
company with `sensitive: health` words about health.

A number counts by its digits, however it was written down ("4242 4242", "forty two forty two", "doble cuatro"), by the check
digit of payment cards (ISO/IEC 7812, Luhn), and by the words around it, of which the last may be the other speaker's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise
from typing import Literal

from hub.contracts.transcripts import TranscriptPart
from hub.platform.scrubbing import passes_luhn
from hub.store.encryption.search_words import without_accents

CARD, ACCOUNT, SSN, CODE = "card number", "account number", "social security number", "security code"
HEALTH = "health word"
CARD_DIGITS = range(13, 20)
PLAIN_CARDS = (15, 16)
"""As many digits are taken for a card even if the check digit is wrong: a transcript mishears."""
LEAST_OF_CARD, LEAST_OF_ACCOUNT, DIGITS_OF_SSN = 8, 6, 9
"""Digits from which the words around a number are believed."""
WORDS_BEFORE, WORDS_AFTER, FILLERS_WITHIN = 8, 5, 2
PAUSE = 15.0
"""Seconds after which a speaker does not go on with a number."""
MARGIN = 0.75
"""Seconds that are silenced around one word, whose time within its part is only estimated."""

Channel = Literal["caller", "business", "both"]
TOKEN = re.compile(r"\d+|[^\W\d_]+")
UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho "
    "veintinueve",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
ZEROS = {"en": ("oh", "o"), "es": ()}
TIMES = {"double": 2, "triple": 3, "doble": 2}
FILLERS = frozenset(
    re.findall(r"\w+", "uh um er eh okay ok and then dash space comma este luego pues y guion espacio coma")
)
AROUND: Mapping[str, re.Pattern[str]] = {
    CODE: re.compile(r"\b(security code|cvv|cvc|(on|of) the back|codigo de seguridad|de atras)\b"),
    SSN: re.compile(r"\b(social|ssn)\b"),
    ACCOUNT: re.compile(r"\b(accounts?|routing|iban|checking|savings|cuenta|ahorros|corriente)\b"),
    CARD: re.compile(r"\b(card|visa|mastercard|amex|american express|tarjeta)\b"),
}
"""What is spoken of, by the words before a number, and after it."""
PHONE = re.compile(r"\b(phone|cell|mobile|call|reach|text|telefono|celular|llame\w*|llamar|movil)\b")
PHONE_DIGITS = (10, 11)


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds of a recording in which nothing may be heard of a channel."""

    start: float
    end: float
    channel: Channel


@dataclass(frozen=True, slots=True)
class Redacted:
    """A transcript without what was taken out, what is to be silenced for it, and how much was taken out."""

    parts: tuple[TranscriptPart, ...]
    silences: tuple[Silence, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Token:
    part: int
    start: int
    end: int
    word: str
    digits: str


@dataclass(frozen=True, slots=True)
class _Found:
    tokens: Sequence[_Token]
    label: str


def redact(parts: Sequence[TranscriptPart], language: str, *, health: bool = False) -> Redacted:
    """The transcript without secret numbers; `language` is its BCP 47 tag, `health` whether words about health go too."""
    spoken = [_tokens(number, part.text or "", language[:2].lower()) for number, part in enumerate(parts)]
    found = [*_numbers(parts, spoken), *(_health_words(spoken) if health else ())]
    texts = [part.text or "" for part in parts]
    cuts = sorted(_cuts(found, texts), reverse=True)
    for number, start, end, label in cuts:
        texts[number] = f"{texts[number][:start]}{label}{texts[number][end:]}"
    left = tuple(replace(part, text=" ".join(text.split())) for part, text in zip(parts, texts, strict=True))
    return Redacted(left if cuts else tuple(parts), tuple(_silences(parts, found)), len(found))


def _cuts(found: Sequence[_Found], texts: Sequence[str]) -> Iterator[tuple[int, int, int, str]]:
    """The characters that go, and what stands in their place; of a number that goes on in a second part, only once."""
    for each in found:
        label = f"[{each.label} removed]"
        for number, of_part in groupby(each.tokens, lambda token: token.part):
            tokens = list(of_part)
            yield number, tokens[0].start, tokens[-1].end, label
            label = ""


def _silences(parts: Sequence[TranscriptPart], found: Sequence[_Found]) -> Iterator[Silence]:
    """A number silences the whole parts that it is in, because nobody knows when within them it was said."""
    for each in found:
        for number in dict.fromkeys(token.part for token in each.tokens):
            part = parts[number]
            start, end = part.start, part.end
            if each.label == HEALTH:
                second = (end - start) / max(1, len(part.text or ""))
                start, end = (
                    max(start, part.start + each.tokens[0].start * second - MARGIN),
                    min(end, part.start + each.tokens[-1].end * second + MARGIN),
                )
            yield Silence(start, end, part.channel)


def _numbers(parts: Sequence[TranscriptPart], spoken: Sequence[Sequence[_Token]]) -> Iterator[_Found]:
    for channel in dict.fromkeys(part.channel for part in parts):
        mine = [number for number, part in enumerate(parts) if part.channel == channel]
        tokens = [token for number in mine for token in spoken[number]]
        pauses = {after for before, after in pairwise(mine) if parts[after].start - parts[before].end > PAUSE}
        for first, last in _runs(tokens, pauses):
            question = " ".join(token.word for token in _said_before(parts, spoken, tokens[first].part))
            before = " ".join(token.word for token in tokens[max(0, first - WORDS_BEFORE) : first])
            after = " ".join(token.word for token in tokens[last + 1 : last + 1 + WORDS_AFTER])
            run = [token for token in tokens[first : last + 1] if token.digits]
            label = _label(run, f"{question} {before}", after)
            if label is not None:
                yield _Found(tokens[first : last + 1], label)


def _runs(tokens: Sequence[_Token], pauses: set[int]) -> Iterator[tuple[int, int]]:
    """Where digits follow each other, with a few fillers between them: the first and the last token of each run."""
    first = last = -1
    for place, token in enumerate(tokens):
        goes_on = place - last - 1 <= FILLERS_WITHIN and all(each.word in FILLERS for each in tokens[last + 1 : place])
        paused = last >= 0 and token.part in pauses and tokens[last].part != token.part
        if not token.digits:
            continue
        if first >= 0 and (not goes_on or paused):
            yield first, last
            first = -1
        first = place if first < 0 else first
        last = place
    if first >= 0:
        yield first, last


def _label(run: Sequence[_Token], before: str, after: str) -> str | None:
    """What a number is; None if it may stay."""
    digits = "".join(token.digits for token in run)
    count, context = len(digits), f"{before} | {after}"
    if count in (3, 4):
        return CODE if AROUND[CODE].search(context) else None
    if count in PHONE_DIGITS and PHONE.search(" ".join(before.split()[-4:])):
        return None
    if count == DIGITS_OF_SSN and (AROUND[SSN].search(context) or [len(each.digits) for each in run] == [3, 2, 4]):
        return SSN
    if count in PLAIN_CARDS or _holds_card(digits):
        return CARD
    if count >= LEAST_OF_CARD and AROUND[CARD].search(context):
        return CARD
    return ACCOUNT if count >= LEAST_OF_ACCOUNT and AROUND[ACCOUNT].search(context) else None


def _holds_card(digits: str) -> bool:
    return any(
        passes_luhn(digits[start : start + length])
        for length in CARD_DIGITS
        for start in range(len(digits) - length + 1)
    )


def _said_before(parts: Sequence[TranscriptPart], spoken: Sequence[Sequence[_Token]], number: int) -> Sequence[_Token]:
    """The last words of the other speaker just before a part."""
    before = number - 1
    if before < 0 or parts[before].channel == parts[number].channel:
        return ()
    return spoken[before][-WORDS_BEFORE:] if parts[number].start - parts[before].end <= PAUSE else ()


def _health_words(spoken: Sequence[Sequence[_Token]]) -> Iterator[_Found]:
    for tokens in spoken:
        for token in tokens:
            if token.word.startswith(health_stems()):
                yield _Found([token], HEALTH)


@cache
def health_stems() -> tuple[str, ...]:
    """The beginnings of words about health, English and Spanish, without accents."""
    text = files(__package__).joinpath("health_words.txt").read_text()
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _tokens(part: int, text: str, language: str) -> list[_Token]:
    """The words and numbers of a text, each with the digits that it stands for."""
    words = [(match.start(), match.end(), without_accents(match.group())) for match in TOKEN.finditer(text)]
    values, tens = _values(language), _tens(language)
    found = list[_Token]()
    times = 1
    for place, (start, end, word) in enumerate(words):
        digits = word if word.isdecimal() else values.get(word, "")
        following = words[place + 1 : place + 3]
        if word in tens and _unit_after([each for *_, each in following], values):
            digits = digits[:1]  # the unit that follows is its second digit
        if times > 1 and len(digits) == 1:
            digits *= times
        times = TIMES.get(word, 1)
        if times > 1 and following and len(values.get(following[0][2], "")) == 1:
            digits = ""  # the next word says it all, and the run must not end here
        found.append(_Token(part, start, end, word if times == 1 else "and", digits))
    return found


def _unit_after(words: Sequence[str], values: Mapping[str, str]) -> bool:
    """Whether "forty" is followed by a unit of the same number: "forty two", "cuarenta y dos"."""
    unit = next((word for word in words if word != "y"), "")
    return (not words or words[0] == "y" or words[0] == unit) and values.get(unit, "0") in set("123456789")


@cache
def _values(language: str) -> Mapping[str, str]:
    known = language if language in UNITS else "en"
    units = {word: str(number) for number, word in enumerate(UNITS[known].split())}
    return units | dict.fromkeys(ZEROS[known], "0") | {word: f"{number}0" for word, number in _tens(known).items()}


@cache
def _tens(language: str) -> Mapping[str, int]:
    return {word: number for number, word in enumerate(TENS.get(language, TENS["en"]).split(), 2)}
