"""The journal: one hash chain for each account, and one for the hub itself, that lists every row that is evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from hub.model.columns import Row, time_column

HUB_CHAIN = "hub"
"""The chain for everything that belongs to no account."""


class JournalEntry(Row, table=True):
    """One entry: the ids and hashes of the rows that one transaction wrote; or a signed end of the chain, or the rows that
    have expired. Rows are only added (hub.store.journal); the database refuses other changes."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_kind", "kind", "since"),)

    chain: str = Field(primary_key=True, max_length=36)
    """The id of the account, or HUB_CHAIN."""
    position: int = Field(primary_key=True)
    """1, 2, 3 … within the chain."""
    at: datetime = time_column()
    """When it was written."""
    since: datetime = time_column()
    """When the retention time of the oldest listed row began; in an entry on expired rows, the time up to which they
    expired."""
    kind: str = Field(max_length=48)
    """The table of the rows, or another kind of entry (hub.store.journal)."""
    content: str = Field(sa_type=Text())
    """Canonical JSON."""
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    """HMAC-SHA256 of the previous hash and the columns above; plain SHA-256 in entries before the chain's entry `sealed`."""


class JournalEnd(Row, table=True):
    """The end of each chain. A transaction that adds an entry locks this row until it ends."""

    __tablename__ = "journal_end"

    chain: str = Field(primary_key=True, max_length=36)
    position: int = 0
    hash: str = Field(max_length=64)
    key_id: str = Field(default="", max_length=16, sa_column_kwargs={"server_default": ""})
    """The id of the hub's key from which the key for hashes is derived."""
    seal: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """HMAC-SHA256 of position and hash: without it, entries at the end could be removed unseen."""


class JournalWaiting(Row, table=True):
    """A row that was written while a caller waited. Its entry follows soon after, so no call waits for a chain's lock."""

    __tablename__ = "journal_waiting"

    row_id: str = Field(primary_key=True, max_length=36)
    chain: str = Field(max_length=36)
    kind: str = Field(max_length=48)
    digest: str = Field(max_length=64)
    since: datetime = time_column()
    seal: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """A keyed hash of the other columns: only the hub lets a row wait."""
