"""Recordings of calls, and voicemail: the state of the audio, its place in the storage, and until when it is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

import hub.model.calls  # noqa: F401 - foreign keys
from hub.model.columns import Work, expiry_column, id_column, personal_text, time_column, work_index

KEPT = text("path IS NOT NULL")


class Recording(Work, table=True):
    """One recording at one carrier. States: `RecordingState`.

    After `stored_at` is set, the encrypted audio is at `path` in the recordings' storage. It
    can be played even if work is left, such as its deletion at the carrier."""

    __table_args__ = (
        UniqueConstraint("connector", "carrier_recording_id"),
        work_index("recording", then=("connector",)),
        Index("ix_recording_size", "recorded_at", "size", sqlite_where=KEPT, postgresql_where=KEPT),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_recording_id: str = Field(max_length=64)
    call_id: str = Field(foreign_key="call.id", index=True)
    kind: str = Field(default="call", max_length=16)
    """`call`, or `voicemail`."""
    url: str | None = personal_text("user.telephony.recording")
    """The address at the carrier; removed when nothing is left to fetch."""
    recorded_at: datetime = time_column(index=True)
    """When the carrier reported it as ready."""
    duration: int | None = None
    """Seconds: as measured after it is stored, before that as the carrier reported."""
    content_type: str | None = Field(default=None, max_length=32)
    size: int | None = None
    """Bytes of audio."""
    sha256: str | None = Field(default=None, max_length=64)
    """SHA-256 of the audio before encryption."""
    path: str | None = Field(default=None, max_length=200)
    stored_at: datetime | None = time_column(nullable=True)
    carrier_deleted_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
    expires_at: datetime = expiry_column()
