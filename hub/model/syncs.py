"""The state of a connector's syncs: due slots, cursors, notes, tokens, and whether it is paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, Work, id_column, time_column, work_index


class SyncSlot(Work, table=True):
    """One due sync of one connector; if several nodes write the same slot, one wins. `due_at` is the slot's time."""

    __tablename__ = "sync_slot"
    __table_args__ = (UniqueConstraint("connector", "due_at"), work_index("sync_slot", "connector"))

    id: str = id_column()
    connector: str = Field(max_length=64)
    why: str = Field(default="schedule", max_length=16)
    """`schedule`; `retry` if deliveries or diagnostics are due before that; `webhook` if a CRM reported a change; `command`
    if a person asked for it."""
    finished_at: datetime | None = time_column(nullable=True)
    result: str | None = None
    trouble: str | None = None
    """Why a task of it stopped early; None if all of them ended well."""


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
    """Why a connector is paused, if it is: a person paused it, or the provider refused our credentials."""

    __tablename__ = "connector_state"

    connector: str = Field(primary_key=True, max_length=64)
    paused_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
    paused_by: str | None = Field(default=None, max_length=36)
    """The user who paused it; None if the hub did, so that a person must reconnect it."""
    plugin_died: bool = Field(default=False)
    """Whether the hub paused it because its plugin's process ended too often."""
    probe_at: datetime | None = time_column(nullable=True)
    """When the hub asks the provider again that refused the sign-in; after the pause, when it asked last."""
    refusals: int = Field(default=0)
    """How often the provider has refused it one time after the other."""
    update_waits: bool = Field(default=False)
    """Whether it is held until a person accepts what the new version of its plugin asks for."""


class VendorRecording(Row, table=True):
    """What a connector says to its vendor is being kept in files (`hub record`); the row is deleted when that ends."""

    __tablename__ = "vendor_recording"

    connector: str = Field(primary_key=True, max_length=64)
    folder: str
    """Where each process of the hub writes files on its own machine."""
    key: bytes = Field(sa_type=LargeBinary)
    """Makes the fictional values in the files; nothing is found out from them without it."""
    started_at: datetime = time_column()
    until: datetime = time_column()
    exchanges_left: int


class StoredSecret(Row, table=True):
    """A value that config.yaml names as `${secret:NAME}`, encrypted; `key_id` names the key."""

    __tablename__ = "stored_secret"

    name: str = Field(primary_key=True, max_length=100)
    account_id: str = Field(foreign_key="account.id", index=True)
    """Of the user who entered it; only this account's users may name it."""
    key_id: str = Field(max_length=16)
    ciphertext: bytes = Field(sa_type=LargeBinary)
    saved_at: datetime = time_column()
    saved_by: str = Field(max_length=36)


class Connecting(Row, table=True):
    """A connector that a user is connecting in the browser: a sign-in that waits for the provider's answer, then for the
    choice of the account. Only the SHA-256 of the state is stored; everything secret is encrypted."""

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    session_id: str = Field(max_length=36)
    """The session of the browser that began it: the answer counts only there."""
    connector: str = Field(max_length=64)
    plugin: str = Field(max_length=64)
    state_sha256: str | None = Field(default=None, unique=True, max_length=64)
    """Of the state in the provider's answer; None after it came, so that it counts once."""
    key_id: str = Field(max_length=16)
    ciphertext: bytes = Field(sa_type=LargeBinary)
    """The settings, the PKCE verifier and, after the answer, the token."""
    began_at: datetime = time_column()
    ends_at: datetime = time_column(index=True)


class IgnoredRepair(Row, table=True):
    """A repair that a user does not want to see; it shows again if it happens again."""

    __tablename__ = "ignored_repair"

    user_id: str = Field(foreign_key="app_user.id", primary_key=True)
    key: str = Field(primary_key=True, max_length=200)
    account_id: str = Field(foreign_key="account.id", index=True)
    ignored_at: datetime = time_column()
