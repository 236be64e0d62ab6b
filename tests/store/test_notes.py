"""A connector's notes: changed by one thread at a time, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.errors import PluginFailure
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


def test_a_connector_keeps_a_hundred_notes_of_a_limited_size(store: Store) -> None:
    notes = StoredNotes(store, "lookups")
    for number in range(10):
        notes.put(f"large {number}", "x" * 200_000)
    for name, value in (("large 0", "x" * 200_001), ("one more", "x"), ("x" * 65, "x"), ("", "x")):
        with pytest.raises(PluginFailure, match=r"at most 100 notes of 200,000 characters each, 2 million together"):
            notes.put(name, value)
    notes.put("large 0", "short")
    for number in range(90):
        notes.put(f"small {number}", "x")
    with pytest.raises(PluginFailure):
        notes.change("one more", lambda _: "x")
    assert notes.get("one more") is None and notes.get("large 0") == "short"
    StoredNotes(store, "other").put("one", "x")
