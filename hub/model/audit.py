"""Who did what by hand, and who read what of a person; each entry stands in its account's journal."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column


class AuditEntry(Row, table=True):
    """One deed, by reference: nothing personal stands in it, so an erasure leaves the journal whole. Rows are only added
    (hub.store.audit) until their life is over; the database refuses the rest."""

    __tablename__ = "audit_entry"

    id: str = id_column()
    chain: str = Field(index=True, max_length=36)
    """The id of the account whose data it is about, or HUB_CHAIN."""
    at: datetime = time_column(index=True)
    actor: str
    """The id of a user (`app_user`), or the account at this machine that ran a command."""
    action: str = Field(max_length=64)
    subject: str = Field(index=True)
    detail: str = ""
