"""Texts that come in on tracking numbers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Work, expiry_column, id_column, personal_bytes, personal_text, time_column


class TextMessage(Work, table=True):
    """One text. Its body is stored encrypted; `state` is the flow's work on it."""

    __tablename__ = "text_message"
    __table_args__ = (
        UniqueConstraint("connector", "carrier_message_id"),
        Index("ix_text_message_day", "company_id", "received_at"),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_message_id: str = Field(max_length=64)
    company_id: str | None = Field(default=None, foreign_key="company.id")
    tracker_id: str | None = Field(default=None, foreign_key="tracker.id")
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    tracking_number: str = Field(max_length=16)
    sender_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    body: bytes | None = personal_bytes("user.telephony.message_body")
    received_at: datetime = time_column(index=True)
    enriched_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()
