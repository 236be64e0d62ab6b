"""The promises of the suites in words: a sentence from each test's name, and the first paragraph of its docstring."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.platform.documentation import docs_command
from hub.testing import SUITE_OF_KIND, SUITES

SPELLINGS: Mapping[str, str] = {
    r"(?<=\w) s\b": "'s",
    r"\bstand in\b": "stand-in",
    r"\bsign in\b": "sign-in",
    r"\bwell formed\b": "well-formed",
    r"\bre ordered\b": "re-ordered",
    r"\bcrm\b": "CRM",
    r"\breadme\b": "README",
    r"\bhub api\b": "hub.api",
    r"\bpersons own\b": "person's own",
    r"\bcarriers code\b": "carrier's code",
    r"\bgranted denied\b": "granted, denied",
    r"\bwords are of who spoke them\b": "words are of who spoke them,",
}
"""What a test's name cannot hold."""
PAGE = "promises"
"""Of the documentation."""


@dataclass(frozen=True)
class Promise:
    """One test of a suite, for people."""

    sentence: str
    meaning: str = ""

    @property
    def place(self) -> str:
        """The command that shows where the documentation explains it."""
        return docs_command(PAGE, self.anchor)

    @property
    def anchor(self) -> str:
        """Its place on that page."""
        return re.sub(r"[^a-z0-9]+", "-", self.sentence.partition(" (")[0].lower())


def sentence(name: str) -> str:
    """`test_a_dry_run_counts_nothing[x]` as "A dry run counts nothing (x)"."""
    name, _, case = name.partition("[")
    text = name.removeprefix("test_").replace("_", " ")
    for wrong, right in SPELLINGS.items():
        text = re.sub(wrong, right, text)
    text = text[:1].upper() + text[1:]
    return f"{text} ({case.removesuffix(']')})" if case else text


def promise(test: Any, name: str) -> Promise:
    """The promise that a test function proves."""
    return Promise(sentence(name), " ".join(inspect.cleandoc(test.__doc__ or "").partition("\n\n")[0].split()))


def has_cases(test: Any) -> bool:
    """Whether its sentence ends with a case, as that of each exchange of the vendor does."""
    return hasattr(test, "pytestmark") or "exchange" in getattr(getattr(test, "__code__", None), "co_varnames", ())


def chapters() -> Iterator[tuple[str, str, list[Promise]]]:
    """The parts of the suites: the kind (`all` if several kinds share it), what it is about, its promises."""
    suites = {kind: getattr(importlib.import_module(SUITES[name]), name) for kind, name in SUITE_OF_KIND.items()}
    kinds: dict[type, list[str]] = {}
    for kind, suite in sorted(suites.items()):
        for part in reversed(suite.__mro__):
            kinds.setdefault(part, []).append(kind)
    for part, of in kinds.items():
        tests = [promise(each, name) for name, each in vars(part).items() if name.startswith("test_")]
        if tests:
            about = inspect.cleandoc(part.__doc__ or "").partition("\n\n")[0]
            yield of[0] if len(of) == 1 else "all", about, tests
