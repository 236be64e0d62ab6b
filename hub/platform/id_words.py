"""The words of an id without a title."""

from __future__ import annotations


def words_of(name: str) -> str:
    """The words of an id without a title (hub.contracts.titles), as they stand within a sentence."""
    return name.replace("_", " ")
