"""The words of an id without a title, and the id that a misspelled one means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SIMILAR = 0.7
"""How similar a misspelled name is to the one that was meant, at least."""


def words_of(name: str) -> str:
    """The words of an id without a title (hub.contracts.titles), as they stand within a sentence."""
    return name.replace("_", " ")


def nearest(name: str, known: Iterable[str], similar: float = SIMILAR) -> str | None:
    """The known name that was probably meant."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=similar)), None)


def suggest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` if one of the known names is similar, then all of them. The name itself is not shown."""
    names = sorted(known)
    meant = nearest(name, names)
    return f"{f'did you mean {meant!r}? It' if meant else 'it'} is one of {', '.join(names)}"
