"""Check a chain of the journal and find the first position at which it was manipulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, select

from hub.model.journal import JournalEnd, JournalEntry
from hub.store.journal.entries import GENESIS
from hub.store.journal.keys import JournalKeys
from hub.store.rows import read_objects

Kind = Literal["changed", "dropped", "swapped", "inserted", "cut off", "unsigned"]
ENTRIES_PER_PAGE = 200


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the first position of the chain that shows it; 0 if it concerns no entry."""

    position: int
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Walked:
    """How many entries of a chain are valid, the hash of the last one, and the finding after it."""

    entries: int
    head: str
    finding: Finding | None


Content = Callable[[Sequence[JournalEntry]], Finding | None]
"""Checks the content of some entries and returns the first finding."""


def walk(session: Session, keys: JournalKeys, chain: str, trusted: Mapping[int, str], content: Content) -> Walked:
    """Check every entry of a chain and its content. `trusted` maps positions to hashes that were signed or noted outside
    the database."""
    previous, walked, trusted_to = GENESIS, 0, 0
    for page in _pages(session, chain):
        sound: list[JournalEntry] = []
        wrong = None
        for row in page:
            wrong = _wrong_link(session, keys, row, walked + len(sound) + 1, sound[-1].hash if sound else previous)
            if wrong is None and trusted.get(row.position, row.hash) != row.hash:
                wrong = _wrong_sign(session, row, trusted[row.position], trusted_to)
            if wrong is not None:
                break
            sound.append(row)
            trusted_to = row.position if row.position in trusted else trusted_to
        finding = content(sound) or wrong
        if finding is not None:
            return Walked(walked + len(sound), sound[-1].hash if sound else previous, finding)
        walked, previous = walked + len(sound), sound[-1].hash
    return Walked(walked, previous, _wrong_end(session, keys, chain, walked, previous, trusted))


_entry = JournalEntry.__table__.c
_PAGE = (
    columns(*_entry)
    .where(_entry.chain == bindparam("of"), _entry.position > bindparam("after"))
    .order_by(_entry.position)
    .limit(ENTRIES_PER_PAGE)
)


def _pages(session: Session, chain: str) -> Iterator[Sequence[JournalEntry]]:
    last = -(2**31)
    while True:
        page = read_objects(session, JournalEntry, _PAGE, of=chain, after=last)
        if page:
            yield page
            last = page[-1].position
        if len(page) < ENTRIES_PER_PAGE:
            return


def _wrong_link(session: Session, keys: JournalKeys, row: JournalEntry, wanted: int, previous: str) -> Finding | None:
    if row.position == wanted and row.previous_hash == previous and keys.fits(row, previous):
        return None
    if row.position > wanted:
        return Finding(wanted, "dropped", f"There is no entry {wanted}; the next one is {row.position}.")
    if row.position < wanted:
        return Finding(row.position, "inserted", f"Entry {row.position} stands before the first one.")
    genuine = _place_of(session, keys, row)
    if genuine is None:
        return Finding(wanted, "changed", f"Entry {wanted} is not what it was when it was written.")
    if genuine == wanted:
        # The entry is intact; the entry that it was chained to is gone.
        return Finding(max(1, wanted - 1), "changed", f"Entry {wanted} was written behind another entry than this one.")
    other = session.get(JournalEntry, (row.chain, genuine), populate_existing=True)
    if other is not None and _place_of(session, keys, other) == wanted:
        return Finding(wanted, "swapped", f"Entries {wanted} and {genuine} stand in each other's place.")
    if genuine > wanted:
        return Finding(wanted, "dropped", f"What stands as entry {wanted} was entry {genuine}: others are missing.")
    return Finding(
        genuine, "inserted", f"What stands as entry {wanted} was entry {genuine}: others were put before it."
    )


def _wrong_sign(session: Session, row: JournalEntry, signed: str, trusted_to: int) -> Finding:
    """The chain is consistent but not the signed one. If the signed entry still follows the same predecessor, this entry was
    inserted before it; otherwise anything after the previous signed end may be new."""
    there = (JournalEntry.chain == row.chain, JournalEntry.hash == signed)
    moved = session.exec(select(JournalEntry.previous_hash).where(*there)).first()
    if moved == row.previous_hash:
        return Finding(row.position, "inserted", f"Entry {row.position} stands where another one was signed.")
    reason = f"Up to entry {row.position} the chain is not the one that was signed."
    return Finding(trusted_to + 1, "changed", reason)


def _place_of(session: Session, keys: JournalKeys, row: JournalEntry) -> int | None:
    """The position at which an entry was written, recovered from its hash; None if anything else in it was changed."""
    written = select(JournalEntry.position).where(
        JournalEntry.chain == row.chain, JournalEntry.hash == row.previous_hash
    )
    behind = [found + 1 for found in session.exec(written)]
    near = range(max(1, row.position - 8), row.position + 9)
    position: int
    for position in (row.position, *behind, *near):
        if keys.fits(row, row.previous_hash, position):
            return position
    return None


def _wrong_end(
    session: Session, keys: JournalKeys, chain: str, walked: int, last: str, trusted: Mapping[int, str]
) -> Finding | None:
    end = session.get(JournalEnd, chain, populate_existing=True)
    reached = max([end.position if end else 0, *trusted])
    if reached > walked:
        return Finding(walked + 1, "cut off", f"The chain went on to entry {reached}; it ends at {walked} now.")
    if walked and (end is None or end.position < walked):
        return Finding((end.position if end else 0) + 1, "inserted", "Nobody counted the entries from here on.")
    if end is not None and walked and end.hash != last:
        return Finding(walked, "changed", f"Entry {walked} is not the one that was written last.")
    if end is not None and end.position and not keys.fits_end(end):
        return Finding(
            walked, "cut off", f"The hub did not write that the chain ends at entry {walked}: more are missing."
        )
    return None
