"""Where a chain begins, once its oldest rows have ended with their life: signed, so that no other cut passes for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, select

from hub.store.chain.book import GENESIS, Book, hold_end
from hub.store.chain.heads import spelled
from hub.store.keyring import Keyring


def start_of(session: Session, book: Book, chain: str) -> Any | None:
    """The signed start of a chain; None where it begins with its first row."""
    return session.get(book.starts, chain, populate_existing=True) if book.starts is not None else None


def is_start_signed(book: Book, keyring: Keyring, start: Any) -> bool:
    """Whether one of the hub's keys signed exactly this start."""
    told = spelled(getattr(start, book.chain), start.position, start.hash, start.signed_at)
    return keyring.signed_publicly(_purpose(book), told, start.signature)


def end_rows(
    session: Session, book: Book, keyring: Keyring, chain: str, over: datetime, now: datetime, most: int
) -> int:
    """Delete the oldest rows of a chain that are from `over` or before, at most `most` of them; how many.

    It stops at the first row that is younger, so that nothing is missing in the midst. The row that was last is signed as the
    start. `session` must be a writing one, and the book one with starts.
    """
    hold_end(session, book, chain)
    start = start_of(session, book, chain)
    rows, begun = book.rows, start.position if start is not None else 0
    oldest = (
        select(rows.position, rows.hash, rows.at)
        .where(book.of(rows, chain), rows.position > begun)
        .order_by(rows.position)
        .limit(most)
    )
    last = (begun, GENESIS)
    for position, digest, at in session.exec(oldest):
        if at > over:
            break
        last = (position, digest)
    if last[0] == begun:
        return 0
    public, signature = keyring.sign_publicly(_purpose(book), spelled(chain, *last, now))
    where = {book.chain: chain, "position": last[0], "hash": last[1]}
    assert book.starts is not None
    session.merge(book.starts(**where, signed_at=now, public_key=public, signature=signature))
    session.flush()
    ended: Any = session.execute(
        delete(rows).where(book.of(rows, chain), rows.position <= last[0]),
        execution_options={"synchronize_session": False},
    )
    return int(ended.rowcount)


def _purpose(book: Book) -> str:
    return f"{book.purpose}-start"
