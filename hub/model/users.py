"""The people and programs with access to an account: users with a role, and their API keys."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.contracts.phones import MAX_PHONE
from hub.model.columns import Row, ending_column, id_column, personal_text, time_column

MAX_NAME = 100
"""Characters of a first or a last name."""


class User(Row, table=True):
    """A user of one account. What each role may do is declared in hub.access.permissions.

    Commands use `name`; a disabled user keeps the name, so that the audit log stays readable.
    """

    __tablename__ = "app_user"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    name: str = Field(unique=True, max_length=64)
    first_name: str | None = personal_text("user.name", max_length=MAX_NAME)
    last_name: str | None = personal_text("user.name", max_length=MAX_NAME)
    """What the user is called, to be read; None if only `name` is known. They sign in by `name` or the address."""
    email: str | None = personal_text("user.contact.email")
    role: str = Field(max_length=16)
    phone_numbers: str | None = personal_text("user.contact.phone_number")
    """The numbers at which an agent answers calls, in E.164, separated by spaces."""
    call_back_number: str | None = personal_text("user.contact.phone_number", max_length=MAX_PHONE)
    """The phone that rings first when the user calls somebody back, in E.164: the last one that they chose. It does not say
    which calls they answer, so they set it themselves."""
    made_at: datetime = time_column()
    disabled_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = ending_column()
    """Set when the user is disabled: the address and the numbers are deleted then, like those of that day's calls."""

    @property
    def full_name(self) -> str:
        """The first and the last name; empty if neither is known."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


class ApiKey(Row, table=True):
    """A key of one user, with that user's role. Only the SHA-256 of its secret is stored: 32 random bytes need no slow hash."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True, max_length=16)
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    secret_sha256: str = Field(max_length=64)
    made_at: datetime = time_column()
    ends_at: datetime = time_column()
    last_used_at: datetime | None = time_column(nullable=True)
    """Rounded to the hour."""
    revoked_at: datetime | None = time_column(nullable=True)
    personal_data: bool = Field(default=False)
    """Whether an assistant that uses the key over MCP gets personal data in clear, as far as the user's role may see it."""
