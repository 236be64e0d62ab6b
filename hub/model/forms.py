"""Forms that visitors send on a company's website."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts
import hub.model.people
import hub.model.visits  # noqa: F401 - foreign keys
from hub.model.columns import (
    Work,
    ending_column,
    id_column,
    personal_bytes,
    personal_json,
    personal_text,
    time_column,
    work_index,
)


class FormSubmission(Work, table=True):
    """One form as a visitor sent it; `state` is the flow's work on it."""

    __tablename__ = "form_submission"
    __table_args__ = (
        work_index("form_submission"),
        Index("ix_form_submission_day", "company_id", "submitted_at"),
        Index("ix_form_submission_person", "person_id", "submitted_at"),
    )

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    visit_id: str | None = Field(default=None, foreign_key="visit.id", index=True)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    submission_key: str = Field(unique=True, max_length=100)
    """Made by the page: the same submission sent twice is one."""
    form_id: str | None = Field(default=None, max_length=200)
    page: str | None = personal_text("user.behavior.browsing_history")
    phone_number: str | None = personal_text("user.contact.phone_number", max_length=16, index=True)
    email: str | None = personal_text("user.contact.email", index=True)
    sealed_name: bytes | None = personal_bytes("user.name")
    sealed_fields: bytes | None = personal_bytes("user.content.private")
    """The form's fields as JSON, encrypted like the name with the person's key (hub.store.encryption.encrypted_fields)."""
    consent: dict[str, str] = personal_json("user.privacy_preferences")
    """What the visitor allows on the form, in the same format as for a visit; and `gpc` or `dnt`: `seen`."""
    submitted_at: datetime = time_column(index=True)
    first_time_contact: bool | None = None
    enriched_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = ending_column()
