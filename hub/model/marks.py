"""What users add to calls, texts and forms: lead status and value, tags, notes, spam; and people whom a user merged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

import hub.model.accounts
import hub.model.people  # noqa: F401 - foreign keys
from hub.contracts.leads import LeadStatus as LeadStatus
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    expiry_column,
    id_column,
    money_column,
    personal_bytes,
    personal_text,
    time_column,
    work_index,
)

MAX_MADE_BY = 36
"""Of the id of the user, or the name of the connector, that made a mark."""
SPAM, NOT_SPAM, READ = "spam", "not_spam", "read"
"""What `LeadChange.status` says of a call, text or form that was marked as spam, or no longer is, and of a call in which
signals were read."""


class Lead(Row, table=True):
    """The current lead status and value of one call, text or form (`subject_id`)."""

    __table_args__ = (
        Index("ix_lead_status", "company_id", "status", "marked_at"),
        Index("ix_lead_value", "company_id", "amount"),
    )

    subject_id: str = Field(primary_key=True, max_length=36)
    company_id: str = Field(foreign_key="company.id")
    status: str = Field(max_length=16)
    """A `LeadStatus`."""
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    marked_at: datetime = time_column()
    marked_by: str = Field(max_length=36)
    """The user's id."""


class LeadChange(Work, table=True):
    """One change of a lead's status or value, for its timeline and for the conversion rules that look at leads
    (`hub.flow.leads`). Rows are only added; `state` is the work on them, `ready` and then `done`."""

    __tablename__ = "lead_change"
    __table_args__ = (work_index("lead_change"),)

    id: str = id_column()
    subject_id: str = Field(index=True, max_length=36)
    company_id: str = Field(foreign_key="company.id")
    status: str = Field(max_length=16)
    """Empty if the mark was removed; `SPAM`, `NOT_SPAM` or `READ` if only that changed."""
    amount: Decimal | None = money_column()
    currency: str | None = Field(default=None, max_length=3)
    marked_at: datetime = time_column()
    marked_by: str = Field(max_length=36)


class Tag(Row, table=True):
    """A tag on one call, text or form (`subject_id`)."""

    __table_args__ = (UniqueConstraint("subject_id", "name"), Index("ix_tag_name", "company_id", "name"))

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    subject_id: str = Field(max_length=36)
    name: str = personal_text("user.content.private", max_length=40, nullable=False)
    """Usually a topic, but anybody can write a caller's name into it."""
    made_at: datetime = time_column()
    made_by: str = Field(max_length=36)
    expires_at: datetime = expiry_column()


class TagDefinition(Row, table=True):
    """A tag as the account or one company offers it: how it is written, its color, whether it may be chosen."""

    __tablename__ = "tag_definition"
    __table_args__ = (Index("ix_tag_definition_name", "account_id", "name"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str | None = Field(default=None, foreign_key="company.id", index=True)
    """None: all companies of the account."""
    name: str = Field(max_length=40)
    color: str = Field(max_length=8)
    enabled: bool = True
    made_at: datetime = time_column()
    made_by: str = Field(max_length=36)


class SpamMark(Row, table=True):
    """A call, text or form (`subject_id`) that a user calls spam: no rule makes a conversion of it, and CallRail's
    lists leave it out."""

    __tablename__ = "spam_mark"

    subject_id: str = Field(primary_key=True, max_length=36)
    company_id: str = Field(foreign_key="company.id", index=True)
    marked_at: datetime = time_column()
    marked_by: str = Field(max_length=36)


class Note(Row, table=True):
    """A note on one call, text or form (`subject_id`), encrypted with its person's key."""

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    subject_id: str = Field(index=True, max_length=36)
    sealed: bytes | None = personal_bytes("user.content.private")
    made_at: datetime = time_column()
    made_by: str = Field(max_length=36)
    expires_at: datetime = expiry_column()


class PersonMerge(Row, table=True):
    """A user says that two people are one. Pages show them together; what a privacy request reaches does not change,
    because a user's guess proves nothing. A split sets `undone_at`."""

    __tablename__ = "person_merge"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    other_id: str = Field(foreign_key="person.id", index=True)
    reason: str | None = personal_text("user.content.private", max_length=200)
    made_at: datetime = time_column()
    made_by: str = Field(max_length=36)
    undone_at: datetime | None = time_column(nullable=True)
    undone_by: str | None = Field(default=None, max_length=36)
    expires_at: datetime | None = ending_column()
    """When the reason ends; the merge itself lasts as long as both people."""
