"""What the web interface stores for itself: saved views, links to reports, waveforms of recordings."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

import hub.model.accounts
import hub.model.recordings
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, time_column


class SavedView(Row, table=True):
    """A list's filters, columns and order under a name; `query` is the query string of the page's URL."""

    __tablename__ = "saved_view"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    page: str = Field(max_length=32)
    name: str = Field(max_length=64)
    query: str = Field(max_length=2000)
    shared: bool = False
    """Whether the account's other users see it too."""
    made_at: datetime = time_column()


class ReportLink(Row, table=True):
    """A read-only link to one report, for people without an account. Only the SHA-256 of its token is stored."""

    __tablename__ = "report_link"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str = Field(foreign_key="company.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    token_sha256: str = Field(unique=True, max_length=64)
    report: str = Field(max_length=32)
    query: str = Field(max_length=2000)
    made_at: datetime = time_column()
    ends_at: datetime = time_column()
    revoked_at: datetime | None = time_column(nullable=True)


class RecordingPeaks(Row, table=True):
    """A recording's waveform: for each channel the loudness of equal parts of it, one byte (0 to 255) each. It is
    computed once, and deleted with the recording's audio."""

    __tablename__ = "recording_peaks"

    recording_id: str = Field(primary_key=True, foreign_key="recording.id", max_length=36)
    channels: int
    peaks: bytes
    """The channels one after the other, of equal length."""
