"""Transcripts of recordings: the text, encrypted with the caller's key, or the reason why there is none."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts
import hub.model.recordings  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    Work,
    expiry_column,
    id_column,
    money_column,
    personal_bytes,
    time_column,
    work_index,
)


class TranscriptRow(Work, table=True):
    """The one transcript of a recording. States: `TranscriptState`."""

    __tablename__ = "transcript"
    __table_args__ = (work_index("transcript", then=("connector",)),)

    id: str = id_column()
    recording_id: str = Field(foreign_key="recording.id", unique=True)
    connector: str = Field(max_length=64)
    """The connector whose plugin transcribes it, and then the one that reads it."""
    language: str = Field(max_length=35)
    """BCP 47, as asked for."""
    sealed: bytes | None = personal_bytes("user.telephony.recording")
    """The parts, and what was read in them, as JSON, encrypted with the caller's key (hub.store.encryption.vault)."""
    model: str | None = None
    """The name of the model that transcribed it."""
    reason: str | None = None
    """Why there is none; of a written one, why nothing was read in it."""
    written_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()


class SignalRow(Row, table=True):
    """What a conversation said, by one of the names that the company looks for (`insights:`). The lines that prove it are in
    the transcript."""

    __tablename__ = "signal"
    __table_args__ = (Index("ix_signal_name", "company_id", "name", "read_at"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    subject_id: str = Field(index=True, max_length=36)
    """The call."""
    recording_id: str = Field(index=True, max_length=36)
    name: str = Field(max_length=40)
    is_outcome: bool = False
    """Whether it is how the conversation ended."""
    confidence: float
    """0 to 1."""
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    connector: str = Field(max_length=64)
    """The connector whose plugin read it."""
    read_at: datetime = time_column()
    expires_at: datetime = expiry_column()
    """With the transcript."""
