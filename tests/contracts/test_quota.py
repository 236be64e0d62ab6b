"""A provider's own count of the day's requests, which comes with each of its replies, is noted when it says something new."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hub.contracts.quota import NOTE_AGAIN, QUOTA_NOTE, quota_of
from hub.contracts.services import Services
from hub.testing import FrozenClock


@dataclass
class CountingNotes:
    """A memory that counts how often it is read and written."""

    kept: dict[str, str] = field(default_factory=dict)
    read: int = 0
    written: int = 0

    def get(self, name: str) -> str | None:
        """A note, or None."""
        self.read += 1
        return self.kept.get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a note."""
        self.written += 1
        self.kept[name] = value


def services(clock: FrozenClock, notes: Any) -> Services:
    nothing: Any = None
    return Services(clock=clock, http=nothing, tokens=nothing, memory=notes, log=nothing, webhook_url="")


def test_a_count_that_says_nothing_new_costs_neither_a_read_nor_a_write() -> None:
    clock, notes = FrozenClock(), CountingNotes()
    given = services(clock, notes)
    for used in range(1_000, 1_050):
        given.note_quota(used, 15_000)
    assert (notes.read, notes.written) == (1, 1)


def test_a_new_percent_and_ten_minutes_are_news_also_after_another_process_noted_it() -> None:
    clock, notes = FrozenClock(), CountingNotes()
    first, second = services(clock, notes), services(clock, notes)
    first.note_quota(1_000, 15_000)
    second.note_quota(1_001, 15_000)
    assert (notes.read, notes.written) == (2, 1), "the second process finds what the first one noted"
    second.note_quota(3_000, 15_000)
    first.note_quota(3_001, 15_000)
    assert (notes.read, notes.written) == (4, 2)
    clock.now += NOTE_AGAIN - timedelta(seconds=1)
    first.note_quota(3_002, 15_000)
    assert notes.written == 2
    clock.now += timedelta(seconds=1)
    second.note_quota(3_003, 15_000)
    first.note_quota(3_004, 15_000)
    assert notes.written == 3
    noted = quota_of(notes.kept[QUOTA_NOTE], clock())
    assert noted is not None and (noted.used, noted.at) == (3_003, clock())
