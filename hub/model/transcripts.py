"""Transcripts of recordings: the text, encrypted with the caller's key, or the reason why there is none."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

import hub.model.recordings  # noqa: F401 - foreign keys
from hub.model.columns import Work, expiry_column, id_column, personal_bytes, time_column, work_index


class TranscriptRow(Work, table=True):
    """The one transcript of a recording. States: `TranscriptState`."""

    __tablename__ = "transcript"
    __table_args__ = (work_index("transcript", then=("connector",)),)

    id: str = id_column()
    recording_id: str = Field(foreign_key="recording.id", unique=True)
    connector: str = Field(max_length=64)
    """The connector whose plugin transcribes it."""
    language: str = Field(max_length=35)
    """BCP 47, as asked for."""
    sealed: bytes | None = personal_bytes("user.telephony.recording")
    """The parts as JSON, encrypted with the caller's key (hub.store.encryption.vault)."""
    model: str | None = None
    """The name of the model that transcribed it."""
    reason: str | None = None
    written_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()
