"""Phone numbers, email addresses and names anywhere in a body: found, so that they are recorded, or removed. Pure.

People write them into forms, texts and notes, and say them in calls, in every form: `+17735550143`, `(773) 555-0143`,
`773.555.0143`, percent-encoded in an address. Besides what looks like a number or an address, the person's own number is found
however it is separated, with and without its country code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import unquote

import phonenumbers

from hub.platform.scrubbing import EMAIL, PHONE
from hub.visits.form_fields import names_part

REMOVED = "[withheld]"
PARTS = ("phone_number", "email", "name")
"""The parts that may stand anywhere in a body."""
_GAP = r"[^0-9A-Za-z]{0,4}"
_MAX_DECODINGS = 5
Withheld = Collection[str]


@dataclass(frozen=True)
class Content:
    """What the values of one body are compared with."""

    numbers: frozenset[str] = frozenset()
    """The person's own numbers, in E.164."""
    names: frozenset[str] = frozenset()
    """The person's whole name, as each place has it; found with the family name first too."""
    ours: frozenset[str] = frozenset()
    """The business's numbers, in E.164: they may stand in a body."""

    def without(self, value: object, parts: Withheld) -> Any:
        """`value` without what belongs to `parts`, in texts, lists and objects however deep."""
        found = set(parts) & set(PARTS)
        return self._cleaned(value, found) if found else value

    def parts_in(self, value: object) -> frozenset[str]:
        """The parts that stand in `value`."""
        return frozenset(part for label, text in _texts(value, "") for part in self._parts_of(label, text))

    def _cleaned(self, value: object, parts: Withheld, label: str = "") -> object:
        if isinstance(value, str):
            return self._text(value, parts, label)
        if isinstance(value, Mapping):
            return {self._text(str(key), parts): self._cleaned(each, parts, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._cleaned(each, parts, label) for each in value]
        return value

    def _text(self, text: str, parts: Withheld, label: str = "") -> str:
        if text and names_part(label) in parts:
            return REMOVED
        plain = _plain(text)
        clean = plain
        for part, pattern, counts in self._patterns:
            if part in parts:
                clean = pattern.sub(partial(_removed, counts), clean)
        return text if clean == plain else clean

    def _parts_of(self, label: str, text: str) -> Iterator[str]:
        labelled = names_part(label)
        if text and labelled and text != REMOVED:
            yield labelled
        plain = _plain(text)
        for part, pattern, counts in self._patterns:
            if any(counts(found[0]) for found in pattern.finditer(plain)):
                yield part

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]:
        """Each part with what is looked for, and whether a match counts."""
        patterns: list[tuple[str, re.Pattern[str], Callable[[str], bool]]] = [("email", EMAIL, _always)]
        patterns += [("phone_number", _written(number), _always) for number in sorted(self.numbers)]
        patterns.append(("phone_number", PHONE, self._is_not_ours))
        names = {ordered for name in self.names for ordered in (name, " ".join(reversed(name.split())))}
        patterns += [("name", _spelled(name), _always) for name in sorted(names)]
        return tuple(patterns)

    @cached_property
    def _own_digits(self) -> tuple[str, ...]:
        return tuple(_national(number) for number in self.ours)

    def _is_not_ours(self, found: str) -> bool:
        digits = re.sub(r"\D", "", found)
        return not any(own and digits.endswith(own) and len(digits) - len(own) <= 3 for own in self._own_digits)


NOTHING_KNOWN = Content()


def _removed(counts: Callable[[str], bool], found: re.Match[str]) -> str:
    return REMOVED if counts(found[0]) else found[0]


def _always(found: str) -> bool:
    return True


def _written(number: str) -> re.Pattern[str]:
    """A number in E.164, with any separators, with or without its country code and a leading zero."""
    code, national = number.removeprefix("+").removesuffix(_national(number)), _national(number)
    digits = _GAP.join(national)
    optional = f"(?:{_GAP.join(code)}{_GAP})?" if code else ""
    return re.compile(rf"(?<![0-9])(?:\+|00)?{optional}(?:\(?0\)?{_GAP})?\(?{digits}(?![0-9])")


def _spelled(name: str) -> re.Pattern[str]:
    """A name in any case, its words apart by spaces, dots, commas, hyphens or underscores."""
    words = r"[\s_.,+-]{1,3}".join(map(re.escape, _plain(name).split()))
    return re.compile(rf"(?<!\w){words}(?!\w)" if words else r"(?!)", re.IGNORECASE)


def _national(number: str) -> str:
    """The digits of a number in E.164 without its country code."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", number)


def _plain(text: str) -> str:
    """`text` as it is read: percent-encoding decoded, digits of any script made plain, invisible characters dropped."""
    for _ in range(_MAX_DECODINGS):
        decoded = unquote(text) if "%" in text else text
        if decoded == text:
            break
        text = decoded
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(each)) if each.isdecimal() else each
        for each in unicodedata.normalize("NFKC", text)
        if unicodedata.category(each) != "Cf"
    )


def _texts(value: object, label: str) -> Iterable[tuple[str, str]]:
    """Every text of a value, with the key that it stands under."""
    if isinstance(value, str):
        yield label, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield "", str(key)
            yield from _texts(each, str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, label)
