"""Who did what by hand, and who read what of a person: a hash chain of each account, and one of the hub's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column

HUB_CHAIN = "hub"
"""The chain of what belongs to no account."""


class AuditEntry(Row, table=True):
    """One deed, by reference: nothing personal stands in it, so an erasure leaves the chain whole. Rows are only added
    (hub.store.audit); the database refuses the rest."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("chain", "position"),)

    id: str = id_column()
    chain: str = Field(max_length=36)
    """The id of the account whose data it is about, or HUB_CHAIN."""
    position: int
    """1, 2, 3 … within the chain."""
    at: datetime = time_column(index=True)
    actor: str
    """The id of a user (`app_user`), or the account at this machine that ran a command."""
    action: str = Field(max_length=64)
    subject: str = Field(index=True)
    detail: str = ""
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditChain(Row, table=True):
    """The end of each chain; whoever adds an entry holds this row."""

    __tablename__ = "audit_chain"

    chain: str = Field(primary_key=True, max_length=36)
    position: int = 0
    hash: str = Field(max_length=64)


class AuditHead(Row, table=True):
    """Where a chain ended when it was signed; a chain that is shorter later has been cut."""

    __tablename__ = "audit_head"

    id: str = id_column()
    chain: str = Field(index=True, max_length=36)
    position: int
    hash: str = Field(max_length=64)
    signed_at: datetime = time_column()
    public_key: str = Field(max_length=64)
    """Ed25519, in hexadecimal digits."""
    signature: str = Field(max_length=128)


class AuditStart(Row, table=True):
    """Up to where a chain's entries have ended with their life: signed, so that no other cut passes for it. The entry behind
    it is chained to `hash`."""

    __tablename__ = "audit_start"

    chain: str = Field(primary_key=True, max_length=36)
    position: int
    hash: str = Field(max_length=64)
    signed_at: datetime = time_column()
    public_key: str = Field(max_length=64)
    signature: str = Field(max_length=128)
