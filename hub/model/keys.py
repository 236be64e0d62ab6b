"""The keys that encrypt one person's recordings and texts. Without the key they are unreadable, in every backup too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column

OF_BACKUPS = text("substr(holder, 1, 7) = 'backup|' AND wrapped IS NOT NULL")
"""The keys that only backups use (`hub.store.encryption.vault.NOBODYS`), until they are destroyed."""


class PersonKey(Row, table=True):
    """One key, wrapped by the hub's own key. No other table refers to this one, so it can have separate backups, kept shorter.

    `holder` is a keyed hash of the person. A destroyed key leaves its row as a tombstone; a person who contacts the company
    again gets the next `generation`.
    """

    __tablename__ = "person_key"
    __table_args__ = (
        UniqueConstraint("holder", "generation"),
        Index("ix_person_key_of_backups", "made_at", sqlite_where=OF_BACKUPS, postgresql_where=OF_BACKUPS),
    )

    id: str = id_column()
    holder: str = Field(max_length=64)
    generation: int = 0
    key_id: str = Field(max_length=16, index=True)
    """The id of the hub's key that wraps it."""
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    """None after the key is destroyed."""
    made_at: datetime = time_column()
    destroyed_at: datetime | None = time_column(nullable=True)
