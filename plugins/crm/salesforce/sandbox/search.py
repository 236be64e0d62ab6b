"""The fake's search: words and phrases with AND, OR and parentheses, searched in the fields of a search group."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from .records import Org, Record, Refused

Words = tuple[str, ...]
Match = Callable[[Sequence[Words]], bool]


class Terms:
    """A search expression: words and phrases, AND (also if no operator is given), OR, AND NOT, parentheses."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        pattern = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([()])|((?:[^\s"()\\&|!\[\]^~:+\'-]|\\.)+))', re.DOTALL)
        place, text = 0, text.strip()
        while place < len(text):
            match = pattern.match(text, place)
            if match is None:
                raise Refused("MALFORMED_SEARCH", f"unexpected character in search term: {text[place]}")
            phrase, mark, word = match.groups()
            self.tokens.append(("text", phrase) if phrase is not None else ("mark", mark) if mark else ("word", word))
            place = match.end()
        if not self.tokens or sum(len(re.findall(r"\w", token[1])) for token in self.tokens) < 2:
            raise Refused("MALFORMED_SEARCH", "search term must be longer than one character")
        self.at = 0

    def digits(self) -> frozenset[str]:
        """Digits of which a record must have some, if the search is for numbers alone; else empty."""
        texts = [text for kind, text in self.tokens if kind != "mark" and text.upper() != "OR"]
        found = frozenset(re.sub(r"\D", "", text) for text in texts)
        return found if "" not in found and not any(re.search(r"[^\W\d]", text) for text in texts) else frozenset()

    def keyword(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] in (("word", word), ("word", word.lower())):
            self.at += 1
            return True
        return False

    def any_of(self) -> Match:
        test = self._or()
        if self.at < len(self.tokens):
            raise Refused("MALFORMED_SEARCH", "unbalanced parentheses in search term")
        return test

    def _or(self) -> Match:
        tests = [self._and()]
        while self.keyword("OR"):
            tests.append(self._and())
        return lambda words: any(test(words) for test in tests)

    def _and(self) -> Match:
        tests = [self._one()]
        while self.at < len(self.tokens) and self.tokens[self.at] != ("mark", ")"):
            if self.tokens[self.at] in (("word", "OR"), ("word", "or")):
                break
            explicit = self.keyword("AND")
            if explicit and self.keyword("NOT"):
                tests.append(_without(self._one()))
            else:
                tests.append(self._one())
        return lambda words: all(test(words) for test in tests)

    def _one(self) -> Match:
        if self.at >= len(self.tokens):
            raise Refused("MALFORMED_SEARCH", "search term ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if (kind, text) == ("mark", "("):
            inside = self._or()
            if self.at >= len(self.tokens) or self.tokens[self.at] != ("mark", ")"):
                raise Refused("MALFORMED_SEARCH", "unbalanced parentheses in search term")
            self.at += 1
            return inside
        if kind == "mark" or text in ("OR", "AND", "or", "and"):
            raise Refused("MALFORMED_SEARCH", f"unexpected {text} in search term")
        wild = bool(re.search(r"(?<!\\)\*$", text))
        wanted = words_of(re.sub(r"\\(.)", r"\1", text.rstrip("*") if wild else text, flags=re.DOTALL))
        return lambda fields: any(_follows(held, wanted, wild) for held in fields)


def _without(test: Match) -> Match:
    return lambda words: not test(words)


def words_of(text: str) -> Words:
    """Search splits at spaces, at punctuation, and between letters and digits, and ignores case."""
    return tuple(re.findall(r"[^\W\d_]+|\d+", text.lower()))


def _follows(held: Words, wanted: Words, wild: bool) -> bool:
    if not wanted:
        return False
    for start in range(len(held) - len(wanted) + 1):
        part = held[start : start + len(wanted)]
        if part == wanted or (wild and part[:-1] == wanted[:-1] and part[-1].startswith(wanted[-1])):
            return True
    return False


@lru_cache(maxsize=2**17)
def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def found(org: Org, kind: str, group: str, matches: Match, digits: frozenset[str]) -> Iterator[Record]:
    """The records that match. Those without any of the `digits` cannot, and most are passed over by that."""
    held = org.kinds[kind]
    texts = [name for name, of_type in held.fields.items() if isinstance(of_type, int)]
    chosen = {
        "PHONE": held.phones,
        "EMAIL": tuple(name for name in texts if name == "Email"),
        "NAME": tuple(name for name in texts if name in ("Name", "FirstName", "LastName", "Company", "Subject")),
        "ALL": tuple(texts),
    }[group]
    for row in org.queried(kind):
        if digits:
            held_digits = "".join(_digits(row[name]) for name in chosen if row[name])
            if not any(each in held_digits for each in digits):
                continue
        words: list[Words] = []
        for name in chosen:
            if row[name]:
                words.append(words_of(row[name]))
                if name in held.phones:
                    words.append((_digits(row[name]),))
        if matches(words):
            yield row
