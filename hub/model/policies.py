"""Versions of privacy statements, terms and notices: their texts, who was informed when, and who accepted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, id_column, json_list, personal_text, time_column
from hub.model.states import PolicyState


class PolicyVersion(Row, table=True):
    """One version of a document, of one account or of all. States: `PolicyState`."""

    __tablename__ = "policy_version"

    id: str = id_column()
    kind: str = Field(max_length=24)
    """`privacy_statement`, `terms` or `notice`."""
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    """The account whose document it is; None for all accounts."""
    name: str = Field(max_length=32)
    """The name that its author gave it, such as `2027-01`."""
    material: bool = True
    introduces: list[dict[str, Any]] = json_list()
    """What is new and needs acceptance: uses, recipients and data categories, each an object that names at least one."""
    state: str = Field(default=PolicyState.DRAFT, max_length=12)
    note: str = ""
    """What was changed, in words; an immaterial change needs it."""
    drafted_at: datetime = time_column()
    announced_at: datetime | None = time_column(nullable=True)
    effective_at: datetime | None = time_column(nullable=True)
    """The earliest time at which its terms are in force."""
    published_at: datetime | None = time_column(nullable=True)


class PolicyText(Row, table=True):
    """A version's text in one language, kept permanently, with its hash."""

    __tablename__ = "policy_text"
    __table_args__ = (UniqueConstraint("version_id", "language"),)

    id: str = id_column()
    version_id: str = Field(foreign_key="policy_version.id")
    language: str = Field(max_length=16)
    text: str
    sha256: str = Field(max_length=64)


class PolicyNotice(Row, table=True):
    """The notice of a material change to one account: when it was sent, the earliest time at which the change may be in
    force, and the places whose calendars were counted."""

    __tablename__ = "policy_notice"
    __table_args__ = (UniqueConstraint("version_id", "account_id"),)

    id: str = id_column()
    version_id: str = Field(foreign_key="policy_version.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    announced_at: datetime = time_column()
    earliest_on: date
    calendar: list[str] = json_list()
    """The places whose holidays were counted."""


class PolicyAcceptance(Row, table=True):
    """An account's explicit acceptance of one version: who accepted, when, and exactly which text."""

    __tablename__ = "policy_acceptance"
    __table_args__ = (UniqueConstraint("version_id", "account_id"),)

    id: str = id_column()
    version_id: str = Field(foreign_key="policy_version.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    language: str = Field(max_length=16)
    sha256: str = Field(max_length=64)
    accepted_by: str | None = personal_text("user.name")
    accepted_at: datetime = time_column()
    expires_at: datetime = expiry_column()
