"""Which connectors are recorded: the processes of a hub share one count and one end, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hub.model import VendorRecording
from hub.store import Store
from hub.store.writers.vendor_recordings import (
    StoredRecordings,
    delete_recordings,
    open_recordings,
    over_recordings,
    put_recording,
)
from hub.testing import FrozenClock


def put(store: Store, clock: FrozenClock, *, count: int = 3, minutes: int = 10) -> None:
    row = VendorRecording(
        connector="ads", folder="/kept", key=b"k" * 32, started_at=clock(), until=clock() + timedelta(minutes=minutes),
        exchanges_left=count,
    )  # fmt: skip
    with store.writing() as session:
        put_recording(session, row)


def test_all_processes_together_keep_no_more_than_the_count(store: Store, clock: FrozenClock) -> None:
    put(store, clock)
    here, there = StoredRecordings(store, clock), StoredRecordings(store, clock)
    found = here.recording_of("ads")
    assert found is not None and found.folder == Path("/kept") and found.key == b"k" * 32
    assert here.take("ads", 2) and there.take("ads", 1)
    assert not here.take("ads", 1)
    assert here.recording_of("ads") is None
    there.refresh()
    assert there.recording_of("ads") is None


def test_a_hook_that_says_more_than_is_left_ends_the_recording(store: Store, clock: FrozenClock) -> None:
    put(store, clock)
    assert not StoredRecordings(store, clock).take("ads", 4)
    assert not StoredRecordings(store, clock).take("ads", 1)
    with store.reading() as session:
        assert open_recordings(session, clock()) == []
        assert over_recordings(session, clock()) == ["ads"]


def test_nothing_is_kept_after_its_end_even_by_a_process_that_has_not_looked_again(
    store: Store, clock: FrozenClock
) -> None:
    put(store, clock)
    here = StoredRecordings(store, clock)
    assert here.recording_of("ads") is not None
    clock.advance(minutes=10)
    assert here.recording_of("ads") is None
    assert not here.take("ads", 1)


def test_a_new_recording_takes_the_place_of_the_former_one(store: Store, clock: FrozenClock) -> None:
    put(store, clock, count=1)
    put(store, clock, count=5)
    with store.writing() as session:
        assert [each.exchanges_left for each in open_recordings(session, clock())] == [5]
        assert delete_recordings(session, ["ads", "other"]) == ["ads"]
        assert delete_recordings(session, ["ads"]) == []
    assert StoredRecordings(store, clock).recording_of("ads") is None


def test_without_a_database_nothing_is_recorded_and_no_hook_fails(clock: FrozenClock, tmp_path: Path) -> None:
    away = Store(f"sqlite:///{tmp_path / 'missing' / 'hub.db'}", clock=clock)
    try:
        assert StoredRecordings(away, clock).recording_of("ads") is None
    finally:
        away.close()
