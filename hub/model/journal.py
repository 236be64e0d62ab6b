"""The journal: one hash chain of each account, and one of the hub's own, that names every row that is evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from hub.model.columns import Row, time_column

HUB_CHAIN = "hub"
"""The chain of what belongs to no account."""


class JournalEntry(Row, table=True):
    """One entry: the ids of rows that were written in one transaction with the hash of each; or a signed end, or what has
    ended with its life. Rows are only added (hub.store.journal); the database refuses the rest."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_kind", "kind", "since"),)

    chain: str = Field(primary_key=True, max_length=36)
    """The id of the account, or HUB_CHAIN."""
    position: int = Field(primary_key=True)
    """1, 2, 3 … within the chain."""
    at: datetime = time_column()
    """When it was written."""
    since: datetime = time_column()
    """When the life of the oldest row that it names began; of an entry on ended rows, up to when they have ended."""
    kind: str = Field(max_length=48)
    """The table of the rows, or what else it tells (hub.store.journal)."""
    content: str = Field(sa_type=Text())
    """Canonical JSON."""
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class JournalEnd(Row, table=True):
    """The end of each chain; whoever adds an entry holds this row until the transaction ends."""

    __tablename__ = "journal_end"

    chain: str = Field(primary_key=True, max_length=36)
    position: int = 0
    hash: str = Field(max_length=64)


class JournalWaiting(Row, table=True):
    """A row that was written while a caller waited: its entry follows at once, so no call waits for a chain's end."""

    __tablename__ = "journal_waiting"

    row_id: str = Field(primary_key=True, max_length=36)
    chain: str = Field(max_length=36)
    kind: str = Field(max_length=48)
    digest: str = Field(max_length=64)
    since: datetime = time_column()
