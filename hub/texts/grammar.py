"""The words and patterns of each language, from `languages/*.yaml`.

A pattern is a sequence of words, separated by spaces, in the plain form of `wording.py`:

- `stop|quit` one of several; `take_off` two words; `{thing}` one of the class `thing`; `block*` a word that begins so;
  `^` and `$` the begin and the end of the sentence
- `?please` may be missing; `!my` the next word is another one; `<my` the last word was another one; `~3` up to three words
  of any kind

A pattern with `\\b` is a regular expression. No pattern contains an unbounded repetition, so reading takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from hub.platform.own_yaml import read_yaml

Meaning = Literal["stop", "start", "help", "other"]
FOLDER = Path(__file__).with_name("languages")
CODES = ("en", "es", "fr", "de", "pt", "it")
REMOVED = "_ "
"""What stands for words that are innocent: it matches no word and keeps those around it apart."""
ENDS = {"^": r"\A", "$": r"\Z"}
LITERAL = re.compile(r"\w*")
"""What a member of a token surely begins with, unless an operator follows that makes its last letter optional."""


@dataclass(frozen=True)
class Pattern:
    """A pattern that is compiled when a sentence may fit it. All of them would take a second at the first text of a process.

    `needs`: a sentence that fits has one of these, with a space before it; empty if nothing is known of such sentences.
    """

    expression: Callable[[], str]
    needs: tuple[str, ...]

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression())

    def _may_fit(self, said: str) -> bool:
        spaced = f" {said}"
        for each in self.needs:
            if each in spaced:
                return True
        return not self.needs

    def find_all(self, said: str) -> Iterator[re.Match[str]]:
        """Everything in `said` that fits."""
        return self.compiled.finditer(said) if self._may_fit(said) else iter(())

    def removed_from(self, said: str) -> str:
        """`said` without what fits."""
        return self.compiled.sub(REMOVED, said) if self._may_fit(said) else said


Patterns = tuple[Pattern, ...]


@dataclass(frozen=True)
class Language:
    """What a language says. Patterns are searched in a sentence that ends with a space.

    `keywords`: whole texts (without courtesy), with their meaning. `sure`: those of them that mean the same in a form, in
    speech and in a note. `misspelled`: those that are recognized with a wrong letter. `strong`: words that make a text
    ambiguous if no `innocent` pattern explains them. `courtesy`: words at either end that change nothing. `agreement`:
    whole texts that answer yes. `common`: words by which the language is recognized. `same`: spellings, and the word that
    each stands for. `persons`: how a note names the person, and what the person would say. `innocent`: removed before any
    other search. `clear`: surely refuses. `notes`: surely refuses in a note about a person. `doubtful`: may refuse.
    `refusal`: a whole text that says no to something.
    """

    code: str
    keywords: Mapping[str, Meaning]
    sure: frozenset[str]
    misspelled: tuple[str, ...]
    strong: frozenset[str]
    courtesy: frozenset[str]
    agreement: frozenset[str]
    common: frozenset[str]
    same: Mapping[str, str]
    persons: Mapping[str, str]
    innocent: Patterns
    clear: Patterns
    notes: Patterns
    doubtful: Patterns
    refusal: Patterns

    @cached_property
    def _spellings(self) -> re.Pattern[str]:
        return _any_of(self.same)

    @cached_property
    def _named(self) -> re.Pattern[str]:
        return _any_of(self.persons)

    def spelled(self, said: str, *, of_a_person: bool = False) -> str:
        """`said` with the usual spelling of each word, and a space at its end. A note `of_a_person` is put into the words of
        that person: `call her` becomes `call me`.
        """
        said = self._spellings.sub(lambda match: self.same[match[0]], f"{said} ")
        return self._named.sub(lambda match: self.persons[match[0]], said) if of_a_person else said

    def without_innocent(self, spelled: str) -> str:
        """`spelled` without what contains a cue and means something else."""
        for pattern in self.innocent:
            spelled = pattern.removed_from(spelled)
        return spelled

    def likeness(self, said: str) -> int:
        """How many of its words are common words of this language."""
        return len(self.common.intersection(said.split()))


@cache
def languages() -> tuple[Language, ...]:
    """The languages, English first."""
    return tuple(_language(code, read_yaml((FOLDER / f"{code}.yaml").read_text("utf-8"))) for code in CODES)


@cache
def courtesy() -> tuple[str, ...]:
    """The longest first, so that `thank you` is removed before a shorter one."""
    words = {word for language in languages() for word in language.courtesy}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def _language(code: str, part: Mapping[str, Any]) -> Language:
    classes: dict[str, Sequence[str]] = {}
    for name, members in part["classes"].items():
        classes[name] = [each for member in members for each in classes.get(member.strip("{}"), [member])]

    def patterns(field: str) -> Patterns:
        return tuple(_pattern(pattern, classes) for pattern in part[field])

    return Language(
        code=code,
        keywords={word: meaning for meaning, words in part["keywords"].items() for word in words},
        sure=frozenset(part["sure"]),
        misspelled=tuple(part["misspelled"]),
        strong=frozenset(part["strong"]),
        courtesy=frozenset(part["courtesy"]),
        agreement=frozenset(part["agreement"]),
        common=frozenset(part["common"]),
        same=_meant(part["same"]),
        persons=_meant(part.get("persons", {})),
        innocent=patterns("innocent"),
        clear=patterns("clear"),
        notes=patterns("notes"),
        doubtful=patterns("doubtful"),
        refusal=patterns("refusal"),
    )


def _meant(spellings: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {each: word for word, them in spellings.items() for each in them}


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of any of the words, the longest first; of none it never matches."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, longest_first))})(?= )" if longest_first else r"(?!)")


def _pattern(pattern: str, classes: Mapping[str, Sequence[str]]) -> Pattern:
    if "\\b" in pattern:
        return Pattern(lambda: pattern, ())
    return Pattern(
        lambda: r"(?<!\S)" + "".join(_token(token, classes) for token in pattern.split()), _needs(pattern, classes)
    )


def _needs(pattern: str, classes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The begins of the words of one token, that whose words are the longest."""
    found: list[tuple[str, ...]] = []
    for token in pattern.split():
        if token[0] in "?!<~":
            continue
        begins = tuple({_begin(each) for member in _split(token) for each in _members(member, classes)})
        if "" not in begins:
            found.append(tuple(f" {each}" for each in begins))
    return max(found, key=lambda begins: min(map(len, begins)), default=())


def _members(member: str, classes: Mapping[str, Sequence[str]]) -> Sequence[str]:
    whole = re.fullmatch(r"\{(\w+)\}", member)
    return classes[whole[1]] if whole else (member,)


def _begin(member: str) -> str:
    literal = LITERAL.match(member)
    assert literal is not None
    optional = member[literal.end() : literal.end() + 1] in ("?", "{")
    return literal[0][: -1 if optional else None].replace("_", " ")


def _token(token: str, classes: Mapping[str, Sequence[str]]) -> str:
    if token.startswith("~"):
        return rf"(?:\S+ ){{0,{int(token[1:])}}}"
    mark, members = (token[0], token[1:]) if token[0] in "?!<" else ("", token)
    if mark == "<":
        return "".join(f"(?<!{_word(member, classes)})" for member in _split(members))
    words = "|".join(_word(member, classes) for member in _split(members))
    return {"?": f"(?:{words})?", "!": f"(?!{words})", "": f"(?:{words})"}[mark]


def _word(member: str, classes: Mapping[str, Sequence[str]]) -> str:
    if member in ENDS:
        return ENDS[member]
    if whole := re.fullmatch(r"\{(\w+)\}", member):
        ends = [ENDS[each] for each in classes[whole[1]] if each in ENDS]
        return "|".join([f"(?:{_any(classes[whole[1]])}) ", *ends])
    embedded = re.sub(r"\{(\w+)\}", lambda name: f"(?:{_any(classes[name[1]])})", _spelled(member))
    return f"(?:{embedded}) "


def _any(members: Sequence[str]) -> str:
    return "|".join(_spelled(member) for member in members if member not in ENDS)


def _spelled(member: str) -> str:
    return re.sub(r"(?<!\\)(\w)\*", r"\1\\S*", member).replace("_", " ")


def _split(members: str) -> list[str]:
    """The members of a token: what `|` separates outside of parentheses. Parentheses around all of them are not needed."""
    depth, parts, closes_at_end = 0, [""], members.startswith("(") and members.endswith(")")
    for position, character in enumerate(members):
        depth += {"(": 1, ")": -1}.get(character, 0)
        closes_at_end = closes_at_end and (depth > 0 or position == len(members) - 1)
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return _split(members[1:-1]) if closes_at_end else parts
