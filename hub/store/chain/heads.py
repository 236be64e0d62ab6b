"""Sign where each chain ends, so that a tail that was cut off is missed: Ed25519, by a key of the hub's keyring."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from hub.model.columns import new_id
from hub.store.chain.book import Book
from hub.store.keyring import Keyring
from hub.store.rows import write_rows


def sign_heads(
    session: Session, book: Book, keyring: Keyring, now: datetime, chains: Collection[str] | None = None
) -> list[Any]:
    """Sign the ends that grew since they were signed last, of all chains or of `chains`; what was signed.

    `session` must be a writing one. ConfigError where the hub has no key.
    """
    column: Any = getattr(book.heads, book.chain)
    signed = dict(session.exec(select(column, func.max(book.heads.position)).group_by(column)).all())
    ends = session.exec(select(book.ends).order_by(getattr(book.ends, book.chain))).all()
    grown = [(getattr(end, book.chain), end) for end in ends]
    heads = [
        _sign(book, keyring, chain, end.position, end.hash, now)
        for chain, end in grown
        if end.position > signed.get(chain, 0) and (chains is None or chain in chains)
    ]
    write_rows(session, book.heads, heads)
    return heads


def is_signed(book: Book, keyring: Keyring, head: Any) -> bool:
    """Whether one of the hub's keys signed exactly this end of a chain."""
    told = spelled(getattr(head, book.chain), head.position, head.hash, head.signed_at)
    return keyring.signed_publicly(book.purpose, told, head.signature)


def _sign(book: Book, keyring: Keyring, chain: str, position: int, digest: str, now: datetime) -> Any:
    public, signature = keyring.sign_publicly(book.purpose, spelled(chain, position, digest, now))
    where = {book.chain: chain, "position": position, "hash": digest}
    return book.heads(**where, id=new_id(), signed_at=now, public_key=public, signature=signature)


def spelled(chain: str, position: int, digest: str, at: datetime) -> bytes:
    """What is signed of a place in a chain."""
    return f"{chain}|{position}|{digest}|{at.isoformat(timespec='microseconds')}".encode()
