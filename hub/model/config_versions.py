"""The versions of config.yaml that the hub has run, or has refused, and the processes that run one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    ending_column,
    expiry_column,
    id_column,
    personal_bytes,
    personal_json,
    personal_text,
    time_column,
)


class ConfigVersion(Row, table=True):
    """One text of config.yaml. The newest applied version is what all processes run.

    The text names the staff's numbers and addresses, so it ends some time after another version took its place. Secrets
    are never in it: the loader refuses them in clear.
    """

    __tablename__ = "config_version"

    id: str = id_column()
    number: int | None = Field(default=None, unique=True)
    """Counts the applied versions from 1; None for a refused one."""
    sha256: str = Field(index=True, max_length=64)
    text: str | None = personal_text("user.contact.phone_number")
    at: datetime = time_column(index=True)
    user_id: str | None = Field(default=None, max_length=64)
    """Who applied it: a user's id, or the account on the machine that ran a command; None if the file was changed."""
    how: str = Field(max_length=16)
    """`ConfigHow`."""
    note: str = ""
    """What changed, in words: places in the file, never values."""
    state: str = Field(max_length=16)
    """`ConfigState`."""
    refusal: dict[str, Any] = personal_json("user.contact.phone_number")
    """Of a refused version: `problems`, each with its line, path and text."""
    expires_at: datetime | None = ending_column()
    """Set when another version takes its place."""


class ConfigProcess(Row, table=True):
    """One process of the hub and the version that it runs; it writes its row every few seconds."""

    __tablename__ = "config_process"

    id: str = id_column()
    role: str = Field(max_length=16)
    """run, web or worker."""
    host: str = Field(max_length=255)
    pid: int
    version: int | None = None
    """The number of the `ConfigVersion` that it runs."""
    started_at: datetime = time_column()
    seen_at: datetime = time_column(index=True)
    memory_bytes: int | None = Field(default=None, sa_type=BigInteger)
    threads_alive: int = 0
    threads_expected: int = 0
    """Worker threads that should be turning; `threads_alive` are those that do."""
    key_ids: str = Field(default="", max_length=512, sa_column_kwargs={"server_default": ""})
    """The ids of the hub's keys that it has, newest first, with spaces between them."""
    trouble: str = Field(default="", max_length=300, sa_column_kwargs={"server_default": ""})
    """Why it could not take the newest version, such as a key that it cannot read; empty if it could."""


class ConfigDraft(Row, table=True):
    """A user's text of config.yaml that is not applied yet; one for each user."""

    __tablename__ = "config_draft"

    user_id: str = Field(primary_key=True, foreign_key="app_user.id", max_length=36)
    account_id: str = Field(foreign_key="account.id", index=True)
    sealed: bytes | None = personal_bytes("user.contact.phone_number")
    """Encrypted with the hub's key: while it is typed it may hold a secret in clear."""
    base_sha256: str = Field(max_length=64)
    """The text that the draft was begun from."""
    kept_at: datetime = time_column()
    expires_at: datetime = expiry_column()
