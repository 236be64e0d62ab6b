"""A book of chains: its tables, how a row is hashed, and the end that whoever adds a row holds.

A row's hash is SHA-256 of the hash before it and of its own fields as canonical JSON. Source: security.md 2.3, audit log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session, select

from hub.store.rows import write_rows

GENESIS = "0" * 64
"""What stands before a chain's first row."""


@dataclass(frozen=True)
class Book:
    """Three tables: `rows` (position, previous_hash, hash), the `ends` of the chains, and their signed `heads`.

    `chain` is the column, of each of them, that says which chain a row belongs to; `purpose` sets the book's signatures
    apart from all others.
    """

    rows: type[Any]
    ends: type[Any]
    heads: type[Any]
    chain: str
    purpose: str
    starts: type[Any] | None = None
    """Where the rows of a chain have ended with their life; None where they never do."""

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The columns that the hash is taken of."""
        return tuple(name for name in self.rows.model_fields if name not in ("previous_hash", "hash"))

    def reckon(self, fields: Mapping[str, Any], previous: str) -> str:
        """The hash of a row with these fields behind the row of hash `previous`."""
        told = {name: _plain(fields[name]) for name in self.fields}
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(previous.encode() + canonical.encode()).hexdigest()

    def link(self, fields: Mapping[str, Any], previous: str) -> dict[str, Any]:
        """The whole row: its fields, chained to the one before."""
        return {**fields, "previous_hash": previous, "hash": self.reckon(fields, previous)}

    def of(self, table: type[Any], chain: str) -> Any:
        """The condition that a row of one of the tables belongs to `chain`."""
        return getattr(table, self.chain) == chain


def hold_end(session: Session, book: Book, chain: str) -> Any:
    """The end of a chain, which no other process moves until `session`, a writing one, ends."""
    write_rows(session, book.ends, [book.ends(**{book.chain: chain, "position": 0, "hash": GENESIS})])
    held = select(book.ends).where(book.of(book.ends, chain)).with_for_update()
    return session.exec(held.execution_options(populate_existing=True)).one()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
