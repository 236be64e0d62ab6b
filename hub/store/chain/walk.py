"""Walk a chain and name the first position at which something was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, select

from hub.store.chain.book import GENESIS, Book
from hub.store.chain.heads import is_signed
from hub.store.chain.starts import is_start_signed, start_of
from hub.store.keyring import Keyring

Kind = Literal["changed", "dropped", "swapped", "inserted", "cut off"]
PAGE = 1_000


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the first position of the chain from which it shows."""

    position: int
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Report:
    """One chain: how far it is sound, up to where it is signed, and what was found."""

    chain: str
    records: int
    """Records that were walked before anything was found."""
    head: str
    """The hash of the last of them; keep it elsewhere, and later tell it to the next walk."""
    signed_to: int
    finding: Finding | None
    ended: int = 0
    """How many of the first records have ended with their life; they are counted among `records`."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None


Content = Callable[[Session, Any], Finding | None]
"""What is wrong with what a record names by its hash, which lies in other tables."""


def walk(
    session: Session,
    book: Book,
    keyring: Keyring,
    chain: str,
    known_heads: tuple[tuple[int, str], ...] = (),
    content: Content = lambda session, row: None,
) -> Report:
    """Check every record of a chain, what it names by its hash, and the ends that were signed.

    `known_heads` are positions with their hashes that were written down outside of the database. Where the whole database
    was replaced, only these tell.
    """
    ends = _signed_ends(session, book, keyring, chain)
    if isinstance(ends, Finding):
        return Report(chain, 0, GENESIS, 0, ends)
    start = start_of(session, book, chain)
    if start is not None and not is_start_signed(book, keyring, start):
        reason = (
            f"No key of this hub signed that the records up to {start.position} have ended; is an older key missing?"
        )
        return Report(chain, 0, GENESIS, 0, Finding(1, "dropped", reason))
    trusted = ends | dict(known_heads)  # what was noted outside of the database is the harder to forge
    previous, ended = (start.hash, start.position) if start is not None else (GENESIS, 0)
    walked = trusted_to = ended
    signed_to = max(ends, default=0)
    for row in _rows(session, book, chain):
        finding = _wrong_link(session, book, row, walked + 1, previous) or content(session, row)
        if finding is None and trusted.get(row.position, row.hash) != row.hash:
            finding = _wrong_sign(session, book, row, trusted[row.position], trusted_to)
        if finding is not None:
            return Report(chain, finding.position - 1, previous, signed_to, finding, ended)
        walked, previous = row.position, row.hash
        trusted_to = walked if walked in trusted else trusted_to
    finding = _wrong_end(session, book, chain, walked, previous, trusted)
    return Report(chain, walked, previous, signed_to, finding, ended)


def _rows(session: Session, book: Book, chain: str) -> Iterator[Any]:
    """A chain's records by position, some at a time. After an attack two may have one position."""
    last, table = (-(2**31), ""), book.rows
    while True:
        behind = (table.position > last[0]) | ((table.position == last[0]) & (table.id > last[1]))
        mine = select(table).where(book.of(table, chain), behind)
        page = session.exec(mine.order_by(table.position, table.id).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        last = (page[-1].position, page[-1].id)


def _wrong_link(session: Session, book: Book, row: Any, wanted: int, previous: str) -> Finding | None:
    fields = row.model_dump()
    if row.position == wanted and row.previous_hash == previous and book.reckon(fields, previous) == row.hash:
        return None
    if row.position > wanted:
        return Finding(wanted, "dropped", f"There is no record {wanted}; the next one is {row.position}.")
    if row.position < wanted:
        return Finding(row.position, "inserted", f"There are two records {row.position}.")
    genuine = _place_of(session, book, row)
    if genuine is None:
        return Finding(wanted, "changed", f"Record {wanted} is not what it was when it was written.")
    if genuine == wanted:
        # The record is whole; what it was chained to is not there any more.
        return Finding(
            max(1, wanted - 1), "changed", f"Record {wanted} was written behind another record than this one."
        )
    chain = getattr(row, book.chain)
    other = session.exec(select(book.rows).where(book.of(book.rows, chain), book.rows.position == genuine)).first()
    if other is not None and _place_of(session, book, other) == wanted:
        return Finding(wanted, "swapped", f"Records {wanted} and {genuine} stand in each other's place.")
    if genuine > wanted:
        return Finding(wanted, "dropped", f"What stands as record {wanted} was record {genuine}: others are missing.")
    return Finding(
        genuine, "inserted", f"What stands as record {wanted} was record {genuine}: others were put before it."
    )


def _wrong_sign(session: Session, book: Book, row: Any, signed: str, trusted_to: int) -> Finding:
    """The chain is one, and not the signed one. Where the signed record is still there behind the same one, this was put
    before it; else anything since the signed end before this may be new."""
    there = (book.of(book.rows, getattr(row, book.chain)), book.rows.hash == signed)
    moved = session.exec(select(book.rows.previous_hash).where(*there)).first()
    if moved == row.previous_hash:
        return Finding(row.position, "inserted", f"Record {row.position} stands where another one was signed.")
    reason = f"Up to record {row.position} the chain is not the one that was signed."
    return Finding(trusted_to + 1, "changed", reason)


def _place_of(session: Session, book: Book, row: Any) -> int | None:
    """The position at which a record was written, if all else of it is as it was: its hash tells."""
    fields: dict[str, Any] = row.model_dump()
    written = select(book.rows.position).where(
        book.of(book.rows, getattr(row, book.chain)), book.rows.hash == row.previous_hash
    )
    behind = [found + 1 for found in session.exec(written)]
    near = range(max(1, row.position - 8), row.position + 9)
    position: int
    for position in (row.position, *behind, *near):
        if book.reckon(fields | {"position": position}, row.previous_hash) == row.hash:
            return position
    return None


def _signed_ends(session: Session, book: Book, keyring: Keyring, chain: str) -> dict[int, str] | Finding:
    ends = {}
    heads = select(book.heads).where(book.of(book.heads, chain)).order_by(book.heads.position)
    for head in session.exec(heads):
        if not is_signed(book, keyring, head):
            reason = f"No key of this hub signed the end at record {head.position}; is an older key missing?"
            return Finding(head.position, "changed", reason)
        ends[head.position] = head.hash
    return ends


def _wrong_end(
    session: Session, book: Book, chain: str, walked: int, last: str, trusted: dict[int, str]
) -> Finding | None:
    end = session.get(book.ends, chain)
    reached = max([end.position if end else 0, *trusted])
    if reached > walked:
        return Finding(walked + 1, "cut off", f"The chain went on to record {reached}; it ends at {walked} now.")
    if walked and (end is None or end.position < walked):
        return Finding((end.position if end else 0) + 1, "inserted", "Nobody counted the records from here on.")
    if end is not None and walked and end.hash != last:
        return Finding(walked, "changed", f"Record {walked} is not the one that was written last.")
    return None
