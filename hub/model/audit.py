"""The audit log: manual actions, and who read a person's data. Each entry is also in its account's journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column


class AuditEntry(Row, table=True):
    """One action, by reference. It holds nothing personal, so an erasure leaves the journal complete. Rows are only added
    (hub.store.audit) and deleted after their retention time; the database refuses other changes."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_log", "chain", "at", "id"),)

    id: str = id_column()
    chain: str = Field(max_length=36)
    """The id of the account whose data it is about, or HUB_CHAIN."""
    at: datetime = time_column(index=True)
    actor: str
    """The id of a user (`app_user`), or the account on this machine that ran a command."""
    action: str = Field(max_length=64)
    subject: str = Field(index=True)
    detail: str = ""
    request_id: str = Field(default="", max_length=64)
    """The `X-Request-Id` of the API's request that did it; empty for a page, a command and the hub itself."""
