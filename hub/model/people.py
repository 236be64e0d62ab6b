"""People who call a company, and the facts known of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from hub.model.columns import Row, ending_column, expiry_column, id_column, personal_bytes, personal_text, time_column


class Person(Row, table=True):
    """A person in the eyes of one company: two companies of one agency never share what they know."""

    __table_args__ = (UniqueConstraint("company_id", "phone_number"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    phone_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    email: str | None = personal_text("user.contact.email", index=True)
    """Known from a form; lower case."""
    sealed_name: bytes | None = personal_bytes("user.name")
    """Known from a form, or as the person corrected it; under the person's key (hub.store.names)."""
    first_seen_at: datetime = time_column()
    expires_at: datetime | None = ending_column()


class FactRow(Row, table=True):
    """One fact of a caller as one enricher told it at one call; it ends at `expires_at`."""

    __tablename__ = "fact"
    __table_args__ = (UniqueConstraint("subject_id", "source", "name"),)

    id: str = id_column()
    subject_id: str = Field(index=True, max_length=36)
    """The call or text at which it was learned."""
    source: str
    name: str
    value: str | None = personal_text("user.contact.phone_number")
    """None where it is a name."""
    sealed: bytes | None = personal_bytes("user.name")
    """The value that is a name (its `category` is user.name), under the caller's key (hub.store.names)."""
    category: str
    confidence: float
    learned_at: datetime = time_column()
    expires_at: datetime = expiry_column()
