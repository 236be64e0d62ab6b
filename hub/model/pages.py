"""What the web interface stores for itself: saved views and reports, links to reports, waveforms of recordings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts
import hub.model.recordings
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, ending_column, id_column, personal_text, time_column


class SavedView(Row, table=True):
    """The filters, columns and order of a list or a report under a name; `query` is the query string of the page's URL."""

    __tablename__ = "saved_view"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    page: str = Field(max_length=32)
    """The path of the page: `calls`, or of a report `reports/trend`."""
    company_id: str | None = Field(default=None, foreign_key="company.id", index=True)
    """The company that a report shows; None for all of them, and for lists."""
    name: str = Field(max_length=64)
    query: str = Field(max_length=2000)
    shared: bool = False
    """Whether other users see it too: those of the account, and of one company's report who may see the company."""
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


class ReportSubscription(Row, table=True):
    """One address that gets one report by email, weekly or monthly; the person needs no account. What it shows is what
    `user_id` may see when it is sent."""

    __tablename__ = "report_subscription"
    __table_args__ = (Index("ix_report_subscription_stopped", "stopped_at"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    company_id: str = Field(foreign_key="company.id", index=True)
    """The company that the report shows, and in whose time zone it is sent."""
    all_companies: bool = False
    """Whether it shows all companies that the user may see."""
    report: str = Field(max_length=32)
    query: str = Field(max_length=2000)
    saved_view_id: str | None = Field(default=None, max_length=36)
    """The saved report that is sent as it is at that time; nothing is sent after it is deleted."""
    every: str = Field(max_length=8)
    """`weekly` or `monthly`."""
    hour: int
    time_zone: str = Field(max_length=64)
    email: str | None = personal_text("user.contact.email", max_length=250)
    made_at: datetime = time_column()
    stopped_at: datetime | None = time_column(nullable=True)
    stop_reason: str | None = None
    """Who or what stopped it, in a sentence without data."""
    expires_at: datetime | None = ending_column()
    """When a stopped address is forgotten; None while it gets reports."""


class RecordingPeaks(Row, table=True):
    """A recording's waveform: for each channel the loudness of equal parts of it, one byte (0 to 255) each. It is
    computed once, and deleted with the recording's audio."""

    __tablename__ = "recording_peaks"

    recording_id: str = Field(primary_key=True, foreign_key="recording.id", max_length=36)
    channels: int
    peaks: bytes
    """The channels one after the other, of equal length."""
