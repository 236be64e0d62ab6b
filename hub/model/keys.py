"""The keys under which recordings and texts of one person are encrypted; without the key nobody reads them, in no backup."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column


class PersonKey(Row, table=True):
    """One key, wrapped by the hub's own. No other table refers to this one, so that it has backups of its own, kept shorter.

    `holder` is a keyed hash of whom it belongs to. A destroyed key leaves its row as a tombstone; whoever turns up again
    gets the next `generation`.
    """

    __tablename__ = "person_key"
    __table_args__ = (UniqueConstraint("holder", "generation"),)

    id: str = id_column()
    holder: str = Field(max_length=64)
    generation: int = 0
    key_id: str = Field(max_length=16, index=True)
    """The key of the hub that wraps it."""
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    """None once it is destroyed."""
    made_at: datetime = time_column()
    destroyed_at: datetime | None = time_column(nullable=True)
