"""Old calls that are in Parquet files of the storage of recordings, and no longer in the database."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, time_column


class ArchiveFile(Row, table=True):
    """One file: calls of one company that began in one month (hub.backup.old_calls)."""

    __tablename__ = "archive_file"
    __table_args__ = (Index("ix_archive_file_month", "company_id", "month"),)

    id: str = id_column()
    company_id: str | None = Field(default=None, foreign_key="company.id")
    month: date = Field(sa_type=Date)
    """Its first day, in the company's time zone."""
    path: str = Field(unique=True, max_length=100)
    sha256: str = Field(max_length=64)
    size: int
    calls: int
    archived_at: datetime = time_column()


class ArchivedCall(Row, table=True):
    """A call in a file. Evidence about the call, which stays in the database, leads over this row to its company."""

    __tablename__ = "archived_call"

    id: str = id_column()
    """The call's."""
    file_id: str = Field(foreign_key="archive_file.id", index=True)
