"""A connector's notes: changed by one thread at a time, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.store import Store
from hub.store.connectors import StoredNotes


def test_a_note_that_many_change_at_once_loses_no_change(store: Store) -> None:
    notes = StoredNotes(store, "lookups")

    def add_one() -> None:
        notes.change("spent", lambda value: str(int(value or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(add_one) for _ in range(12)]:
            future.result()
    assert notes.get("spent") == "12" and StoredNotes(store, "other").get("spent") is None


def test_a_change_that_fails_leaves_the_note_as_it_was(store: Store) -> None:
    notes = StoredNotes(store, "lookups")

    def refuse(_: str | None) -> str:
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            notes.change("spent", refuse)
        notes.put("spent", "4")
    assert notes.get("spent") == "4"
