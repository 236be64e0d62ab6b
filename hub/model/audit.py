"""Who changed what by hand."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from hub.model.columns import Row, id_column, time_column


class AuditEntry(Row, table=True):
    """One deed of a person through the command line, by reference: nothing personal stands in it."""

    __tablename__ = "audit_entry"

    id: str = id_column()
    at: datetime = time_column(index=True)
    actor: str
    action: str = Field(max_length=64)
    subject: str
    detail: str = ""
