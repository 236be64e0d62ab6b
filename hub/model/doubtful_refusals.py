"""The queue of doubtful refusals: texts, forms, calls and notes in which a person may refuse a company's texts or calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, personal_text, time_column
from hub.model.people import CARRIER
from hub.model.states import Doubt

OPEN_DOUBTS = text(f"state = '{Doubt.OPEN}'")
"""As written in the partial indexes: SQLite does not use them for a bound value."""


class DoubtfulRefusal(Row, table=True):
    """One text, form, transcript, note or tag in which a person may refuse texts or calls. While it is open, the person gets
    no marketing text. States: `Doubt`. The words stay in the row that it is named for.
    """

    __tablename__ = "doubtful_refusal"
    __table_args__ = (
        Index("ix_doubtful_refusal_open", "at", sqlite_where=OPEN_DOUBTS, postgresql_where=OPEN_DOUBTS),
        Index(
            "ix_doubtful_refusal_person",
            "company_id",
            "person_number",
            sqlite_where=OPEN_DOUBTS,
            postgresql_where=OPEN_DOUBTS,
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    """The id of the text, form, transcript, note or tag with the words."""
    company_id: str = Field(foreign_key="company.id")
    subject_id: str = Field(index=True, max_length=36)
    """The text, form or call."""
    source: str = Field(max_length=9)
    """In what it was said (`RefusalSource`)."""
    refused: str = Field(max_length=5)
    """What they may refuse: texts, calls or both."""
    person_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    learned: str = Field(default=CARRIER, max_length=7)
    """How it is known that the number is theirs (hub.model.people.Learned). Anybody can type a number into a form."""
    state: str = Field(default=Doubt.OPEN, max_length=8)
    at: datetime = time_column()
    """When they said it."""
    decide_by: datetime = time_column()
    """An open one counts as a no from then on (`hub.texts.doubts.lapsed_use`)."""
    expires_at: datetime = expiry_column()
