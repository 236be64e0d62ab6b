"""Incoming and outgoing texts of tracking numbers, their pictures, and the people who must not be texted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

import hub.model.accounts
import hub.model.numbers
import hub.model.people  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    expiry_column,
    id_column,
    personal_bytes,
    personal_text,
    time_column,
    work_index,
)
from hub.model.states import MessageStatus


class TextMessage(Work, table=True):
    """One text. Its body is encrypted with its person's key; `state` is the flow's work on an incoming text
    (`SubjectState`), `status` the text's own (`MessageStatus`)."""

    __tablename__ = "text_message"
    __table_args__ = (
        UniqueConstraint("connector", "carrier_message_id"),
        work_index("text_message"),
        Index("ix_text_message_day", "company_id", "at"),
        Index("ix_text_message_told", "connector", "at"),
        Index("ix_text_message_person", "person_id", "at"),
        Index("ix_text_message_thread", "company_id", "person_number", "at"),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_message_id: str | None = Field(default=None, max_length=64)
    """None until the carrier has accepted an outgoing text."""
    direction: str = Field(default="in", max_length=3)
    purpose: str | None = Field(default=None, max_length=24)
    """Why an outgoing text is sent (hub.model.purposes)."""
    status: str = Field(default=MessageStatus.RECEIVED, max_length=16)
    code: str | None = None
    reason: str | None = None
    company_id: str | None = Field(default=None, foreign_key="company.id")
    tracker_id: str | None = Field(default=None, foreign_key="tracker.id")
    person_id: str | None = Field(default=None, foreign_key="person.id")
    """The person of an incoming text, after the flow has found them; None for an outgoing text, which is not a contact."""
    tracking_number: str = Field(max_length=16)
    person_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    """The number of the sender of an incoming text, or of the recipient of an outgoing one."""
    meaning: str | None = Field(default=None, max_length=8)
    """The meaning of an incoming text: stop, start, help or other."""
    body: bytes | None = personal_bytes("user.telephony.message_body")
    at: datetime = time_column(index=True)
    """When it was received, or queued for sending."""
    sent_at: datetime | None = time_column(nullable=True)
    """When it was sent to the carrier."""
    enriched_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = ending_column()


class TextMedia(Work, table=True):
    """A picture or another file of a text. States: `MediaState`.

    `url` is the address of an incoming file at the carrier; `data` is the file, encrypted with its person's key.
    """

    __tablename__ = "text_media"
    __table_args__ = (UniqueConstraint("text_id", "position"), work_index("text_media"))

    id: str = id_column()
    text_id: str = Field(foreign_key="text_message.id")
    position: int
    url: str | None = personal_text("user.content.private")
    content_type: str | None = Field(default=None, max_length=100)
    size: int | None = None
    """Bytes of the file."""
    data: bytes | None = personal_bytes("user.content.private")
    reason: str | None = None
    fetched_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()


class ThreadArchive(Row, table=True):
    """A thread that a user put aside when `text_id` was its newest text; a newer text brings it back."""

    __tablename__ = "thread_archive"

    text_id: str = Field(primary_key=True, foreign_key="text_message.id", max_length=36)
    company_id: str = Field(foreign_key="company.id", index=True)
    archived_at: datetime = time_column()
    archived_by: str = Field(max_length=36)


class TextStatus(Row, table=True):
    """A carrier's merged status reports on one text. A separate table, because one may come before the text's id is known."""

    __tablename__ = "text_status"

    connector: str = Field(primary_key=True, max_length=64)
    carrier_message_id: str = Field(primary_key=True, max_length=64)
    status: str = Field(max_length=16)
    code: str | None = None
    reason: str | None = None
    opted_out: bool = False
    at: datetime = time_column()
    expires_at: datetime = expiry_column()


class Suppression(Row, table=True):
    """A person who asked a company to stop texts or calls. `fingerprint` is a keyed hash of the company and the number. It
    identifies no one, so it stays when the person is erased, and they are still not texted or called."""

    fingerprint: str = Field(primary_key=True, max_length=64)
    use: str = Field(primary_key=True, max_length=64)
    since: datetime = time_column()
