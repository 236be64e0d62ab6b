"""Triggers in the database: what is only added, what says that the directory of numbers has changed, and what ends search
words with their text."""

from __future__ import annotations

from collections.abc import Iterator

from hub.store.triggers import append_only, directory_changes, search_words

KINDS = (append_only, directory_changes, search_words)


def on_sqlite() -> Iterator[str]:
    """The statements that create or replace all triggers."""
    for kind in KINDS:
        for table in kind.TABLES:
            yield from kind.on_sqlite(table)


def functions() -> Iterator[str]:
    """The statements that create or replace the functions of PostgreSQL's triggers."""
    for kind in KINDS:
        yield from kind.FUNCTIONS


def on_postgresql(table: str) -> Iterator[str]:
    """The statements that create or replace the triggers of one table on PostgreSQL, after `functions`."""
    for kind in KINDS:
        if table in kind.TABLES:
            yield from kind.on_postgresql(table)
