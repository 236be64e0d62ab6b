"""Recordings of calls, and voicemail: what became of the audio, where it lies, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Work, expiry_column, id_column, personal_text, time_column

RecordingState = Literal["ready", "leased", "stored", "refused", "gone", "failed"]
"""`stored`: kept here. `refused`: not kept, for nobody may have been told. `gone`: its time is over, or it was erased.
`failed`: given up; `reason` says why, and `hub recordings fetch` tries again."""
STATES: tuple[str, ...] = get_args(RecordingState)


class Recording(Work, table=True):
    """One recording at one carrier. The audio lies encrypted at `path` of the recordings' storage once `stored_at` is set;
    what is left to do after that, such as its deletion at the carrier, does not keep it from being played."""

    __table_args__ = (UniqueConstraint("connector", "carrier_recording_id"),)

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_recording_id: str = Field(max_length=64)
    call_id: str = Field(foreign_key="call.id", index=True)
    kind: str = Field(default="call", max_length=16)
    """`call`, or `voicemail`."""
    url: str | None = personal_text("user.telephony.recording")
    """At the carrier; forgotten once nothing is left to fetch."""
    recorded_at: datetime = time_column(index=True)
    """When the carrier told that it is ready."""
    duration: int | None = None
    """Seconds: as measured once it is stored, until then as the carrier told."""
    content_type: str | None = Field(default=None, max_length=32)
    size: int | None = None
    """Bytes of audio."""
    sha256: str | None = Field(default=None, max_length=64)
    """Of the audio, before its encryption."""
    path: str | None = Field(default=None, max_length=200)
    stored_at: datetime | None = time_column(nullable=True)
    carrier_deleted_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
    expires_at: datetime = expiry_column()
