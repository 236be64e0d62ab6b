"""Transcripts of recordings: what was heard, sealed under the caller's key, or why nothing was."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlmodel import Field

from hub.model.columns import Work, expiry_column, id_column, personal_bytes, time_column

TranscriptState = Literal["ready", "leased", "written", "denied", "failed", "gone"]
"""`denied`: consent was asked, and the answer was no. `failed`: given up, the recording itself is as it was. `gone`: its
time is over."""
STATES: tuple[str, ...] = get_args(TranscriptState)


class TranscriptRow(Work, table=True):
    """The one transcript of a recording."""

    __tablename__ = "transcript"

    id: str = id_column()
    recording_id: str = Field(foreign_key="recording.id", unique=True)
    connector: str = Field(max_length=64)
    """Whose plugin hears it."""
    language: str = Field(max_length=35)
    """BCP 47, as asked for."""
    sealed: bytes | None = personal_bytes("user.telephony.recording")
    """The parts as JSON, under the caller's key (hub.store.vault)."""
    model: str | None = None
    """The name of the model that heard it."""
    reason: str | None = None
    written_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()
