"""Tombstones of erased people, and the restores of backups to which they must still be applied."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from hub.model.columns import Row, id_column, json_column, time_column


class Tombstone(Row, table=True):
    """Something that was erased: the id of a destroyed key (`kind` is `key`), or a keyed hash of a row's id (`row`).

    It identifies no one, is never deleted, and is also written to a journal outside the database (hub.store.tombstones).
    """

    mark: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=8)
    at: datetime = time_column(index=True)


class Restoration(Row, table=True):
    """One restore of a backup into this database. Until `finished_at` is set, the hub does not open it."""

    id: str = id_column()
    backup_id: str = Field(max_length=36)
    backup_made_at: datetime = time_column()
    begun_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    emptied: dict[str, int] = json_column()
    """Table → number of rows whose personal columns no key can decrypt any more, or that a tombstone named."""
