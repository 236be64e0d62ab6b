"""The state of a connector's syncs: due slots, cursors, notes, tokens, and whether it is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Row, Work, id_column, time_column


class SyncSlot(Work, table=True):
    """One due sync of one connector; if several nodes write the same slot, one wins. `due_at` is the slot's time."""

    __tablename__ = "sync_slot"
    __table_args__ = (UniqueConstraint("connector", "due_at"),)

    id: str = id_column()
    connector: str = Field(index=True, max_length=64)
    why: str = Field(default="schedule", max_length=16)
    """`schedule`; `retry` if deliveries or diagnostics are due before that; `webhook` if a CRM reported a change; `command`
    if a person asked for it."""
    finished_at: datetime | None = time_column(nullable=True)
    result: str | None = None


class Cursor(Row, table=True):
    """How far a connector's stream has been read."""

    connector: str = Field(primary_key=True, max_length=64)
    stream: str = Field(primary_key=True, max_length=32)
    value: str | None = None
    moved_at: datetime = time_column()


class ConnectorNote(Row, table=True):
    """A durable note of a connector (`hub.contracts.services.Memory`). Nothing secret."""

    __tablename__ = "connector_note"

    connector: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    value: str


class ConnectorToken(Row, table=True):
    """A connector's OAuth token, encrypted; `key_id` names the key."""

    __tablename__ = "connector_token"

    connector: str = Field(primary_key=True, max_length=64)
    key_id: str = Field(max_length=16)
    ciphertext: bytes = Field(sa_type=LargeBinary)
    refresh_until: datetime | None = time_column(nullable=True)
    """While set and in the future, one process is refreshing."""
    saved_at: datetime = time_column()


class ConnectorState(Row, table=True):
    """Why a connector is paused, if it is: the provider refused our credentials and a person must reconnect it."""

    __tablename__ = "connector_state"

    connector: str = Field(primary_key=True, max_length=64)
    paused_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
