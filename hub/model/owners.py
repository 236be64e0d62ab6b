"""What people who own data at a provider said to its being read: evidence, kept before the first token is asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from hub.model.columns import Row, expiry_column, id_column, json_list, personal_text, time_column


class OwnerConsent(Row, table=True):
    """One word of an owner: given, with the exact text that was shown, or withdrawn. Rows are only added; the last counts."""

    __tablename__ = "owner_consent"

    id: str = id_column()
    connector: str = Field(index=True, max_length=64)
    state: str = Field(max_length=16)
    """`given` or `withdrawn`."""
    owner: str | None = personal_text("user.name")
    """Who said it, as they sign."""
    actor: str
    """The account at this machine that ran the command."""
    recipient: str
    """Who hands over the data and learns what is asked for."""
    sign_in_host: str
    """Where the owner signs in; a yes that was said to a stand-in opens nothing at the provider itself."""
    scopes: list[str] = json_list()
    text: str = Field(sa_type=Text())
    """The text as it was shown, word for word; of a withdrawal, why."""
    text_sha256: str = Field(max_length=64)
    supersedes: str | None = Field(default=None, max_length=36)
    spoken_at: datetime = time_column()
    expires_at: datetime = expiry_column()
