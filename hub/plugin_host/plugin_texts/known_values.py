"""Finds known values in a text, in every form in which libraries and providers write them, and hides them. Pure.

How long a value must be: one of six characters is hidden anywhere, a shorter one as a whole word, one below four never, so that
reasons stay readable. A phone number needs seven digits.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cached_property, lru_cache
from itertools import chain
from urllib.parse import unquote

import phonenumbers

from hub.platform.scrubbing import HIDDEN

MIN_CHARACTERS, MIN_ANYWHERE = 4, 6
MIN_PHONE_DIGITS = 7
FRAGMENT_CHARACTERS = 20
"""So many characters of a message in a row are hidden, even if the rest of it is missing."""
MAX_MESSAGE_CHARACTERS = 10_000
"""Of all messages of a call together; fragments of what is behind them are not looked for."""
MAX_LAYERS = 4
"""How often a text may be encoded and a value in it is still found."""
NAME_PART = re.compile(r"[^\W\d_]{4,}")
_DIGITS = re.compile(r"\d(?:[\W_]{0,3}\d)+")
_ESCAPE = re.compile(r"\\+u([0-9A-Fa-f]{4})|((?:\\+x[0-9A-Fa-f]{2})+)|\\+([\"'/\\])")
_ENCODED = re.compile(r"[%\\&+]")
_ENCODED_SPACE = re.compile(r"(?<=\w)\+(?=\w)")
_BEFORE_NUMBER = "+("


class KnownValues:
    """The values that must not be in a text. Phone numbers are found however they are formatted; of a person's name each part
    as a word, too; of messages also fragments."""

    def __init__(
        self,
        texts: Iterable[str] = (),
        phones: Iterable[str] = (),
        names: Iterable[str] = (),
        messages: Iterable[str] = (),
    ) -> None:
        messages, names = list(messages), list(names)
        self._numbers: dict[str, str] = dict(filter(None, map(_national, phones)))
        self._lengths = sorted({len(number) for number in self._numbers}, reverse=True)
        self._starts: dict[str, set[str]] = {}
        for text in (*texts, *names, *messages):
            if len(text) >= MIN_CHARACTERS:
                self._starts.setdefault(_lower(text)[:MIN_CHARACTERS], set()).add(text)
        parts = {part for name in names for part in NAME_PART.findall(name)}
        self._words = {form for part in parts for form in (part, part.upper(), part.title())}
        self._fragments = {
            text[at : at + FRAGMENT_CHARACTERS]
            for text in (_lower("\n".join(messages)[:MAX_MESSAGE_CHARACTERS]),)
            for at in range(len(text) - FRAGMENT_CHARACTERS + 1)
        }
        lengths = (*map(len, chain(*self._starts.values())), *self._lengths, *map(len, self._words))
        self._shortest = min((*lengths, FRAGMENT_CHARACTERS) if self._fragments else lengths, default=MIN_CHARACTERS)
        # Four characters of Base64 stand for three.
        self._base64 = re.compile(rf"[A-Za-z0-9+/_-]{{{max(8, -(-self._shortest * 4 // 3))},}}")

    def __bool__(self) -> bool:
        return bool(self._numbers or self._starts)

    @cached_property
    def whole(self) -> KnownValues | None:
        """The same without fragments; None if there are none."""
        if not self._fragments:
            return None
        other = copy(self)
        other._fragments = set()
        return other

    def hide(self, text: str) -> str:
        """`text` without the values, and unchanged if it has none. If one is in an encoded part, the text is decoded."""
        if len(text) < self._shortest or not self:  # no encoding is shorter than what it stands for
            return text
        found = self._hidden(text)
        layers = {found}
        for _ in range(MAX_LAYERS):
            layers = {form for layer in layers if _ENCODED.search(layer) for form in _decoded(layer)} - layers
            for layer in sorted(layers):
                hidden = self._hidden(layer)
                if hidden != layer:
                    found, layers = hidden, {hidden}
                    break
        return (
            NAME_PART.sub(lambda word: HIDDEN if word[0] in self._words else word[0], found) if self._words else found
        )

    def _hidden(self, text: str) -> str:
        return self._without_values(self._base64.sub(self._unless_encoded, text))

    def _without_values(self, text: str) -> str:
        if self._numbers:
            text = self._without_phones(text)
        if self._fragments:
            text = self._without_fragments(text)
        return self._without_texts(text)

    def _without_phones(self, text: str) -> str:
        spans: list[tuple[int, int]] = []
        for run in _DIGITS.finditer(text):
            places = [at for at in range(*run.span()) if text[at].isdecimal()]
            digits = "".join(str(unicodedata.decimal(text[at])) for at in places)
            for begin, end in self._numbers_in(digits):
                start = places[begin]
                while start and text[start - 1] in _BEFORE_NUMBER:
                    start -= 1
                spans.append((start, places[end - 1] + 1))
        return _cut(text, spans, lambda hidden: f"…{hidden[-2:]}")

    def _numbers_in(self, digits: str) -> Iterator[tuple[int, int]]:
        """Where known numbers are in a row of digits, with the country code, the trunk zero and the prefixes before them."""
        for length in self._lengths:
            for at in range(len(digits) - length + 1):
                code = self._numbers.get(digits[at : at + length])
                if code is not None:
                    begin = at
                    for prefix in ("0", code, "00", "011"):
                        if prefix and digits[:begin].endswith(prefix):
                            begin -= len(prefix)
                    yield begin, at + length

    def _without_fragments(self, text: str) -> str:
        lower = _lower(text)
        starts = range(len(lower) - FRAGMENT_CHARACTERS + 1)
        ends = ((at, at + FRAGMENT_CHARACTERS) for at in starts)
        return _cut(text, [span for span in ends if lower[slice(*span)] in self._fragments], lambda _: HIDDEN)

    def _without_texts(self, text: str) -> str:
        lower = _lower(text)
        found = {value for start, values in self._starts.items() if start in lower for value in values}
        for value in sorted(found, key=len, reverse=True):
            text = _pattern(value).sub(HIDDEN, text)
        return text

    def _unless_encoded(self, token: re.Match[str]) -> str:
        """A token, or what hides it if it is the Base64 of something with a known value."""
        decoded = (_base64_text(token[0][skipped:]) for skipped in range(4))
        return HIDDEN if any(text and self._without_values(text) != text for text in decoded) else token[0]


def _national(phone: str) -> tuple[str, str] | None:
    """The significant digits of a number and its country code (empty if it is not known); None for a short one."""
    digits = "".join(each for each in phone if each.isdecimal())
    code = ""
    if phone.startswith("+"):
        code, digits = _parts(phone) or ("", digits)
    digits = digits.lstrip("0") if not code else digits
    if not code and len(digits) == 11 and digits.startswith("1"):
        code, digits = "1", digits[1:]
    if len(digits) < MIN_PHONE_DIGITS:
        code, digits = "", code + digits
    return (digits, code) if len(digits) >= MIN_PHONE_DIGITS else None


@lru_cache(maxsize=4096)
def _parts(phone: str) -> tuple[str, str] | None:
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed)


def _lower(text: str) -> str:
    """In lower case, if that does not change positions."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _pattern(value: str) -> re.Pattern[str]:
    escaped = re.escape(value)
    short = len(value) < MIN_ANYWHERE
    return re.compile(rf"(?<![^\W_]){escaped}(?![^\W_])" if short else escaped, re.IGNORECASE)


def _decoded(text: str) -> Iterator[str]:
    """One layer of URL encoding, of the escapes of JSON and Python, and of HTML taken off; a plus may stand for a space."""
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if "&" in text:
        text = html.unescape(text)
    yield unquote(text) if "%" in text else text
    if "+" in text:
        yield unquote(_ENCODED_SPACE.sub(" ", text))


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    if escape[2]:
        return bytes.fromhex(re.sub(r"\\+x", "", escape[2])).decode("utf-8", "replace")
    return escape[3]


def _base64_text(token: str) -> str:
    token = token.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(token[: len(token) - (len(token) % 4 == 1)] + "==").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _cut(text: str, spans: list[tuple[int, int]], mark: Callable[[str], str]) -> str:
    """`text` with a mark in the place of each span; spans that overlap are one."""
    parts, done, start = [], 0, -1
    for begin, end in sorted(spans):
        if begin > done or start < 0:
            if start >= 0:
                parts.append(mark(text[start:done]))
            parts.append(text[max(done, 0) : begin])
            start = begin
        done = max(done, end)
    return "".join([*parts, mark(text[start:done]), text[done:]]) if spans else text
