"""Assistants that users connected by OAuth: the programs that may ask, what each user allowed, and the tokens."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, json_list, time_column


class OAuthClient(Row, table=True):
    """A program that may ask users for access: one that registered itself (RFC 7591), or whose id is the https address of its
    metadata document (draft-ietf-oauth-client-id-metadata-document). Everything in it is the program's own claim."""

    __tablename__ = "oauth_client"

    id: str = Field(primary_key=True, max_length=512)
    name: str = Field(max_length=60)
    """What it calls itself."""
    redirect_uris: list[str] = json_list()
    made_at: datetime = time_column(index=True)
    checked_at: datetime | None = time_column(nullable=True)
    """When its metadata document was last read; None if it registered itself."""


class AssistantGrant(Row, table=True):
    """What one user allowed one program: to read over MCP as the user. It begins with an authorization code, and lives on
    in rotating tokens until it ends, is revoked, or its user has no access any more."""

    __tablename__ = "assistant_grant"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    client_id: str = Field(index=True, max_length=512)
    client_name: str = Field(max_length=60)
    redirect_uri: str = Field(max_length=512)
    resource: str = Field(max_length=512)
    """The address of the MCP server that its tokens open, and nothing else (RFC 8707)."""
    personal_data: bool = False
    """Whether it gets personal data in clear, as far as the user's role may see it."""
    code_sha256: str = Field(unique=True, max_length=64)
    code_challenge: str = Field(max_length=128)
    """The PKCE challenge, S256 (RFC 7636)."""
    code_ends_at: datetime = time_column()
    code_used_at: datetime | None = time_column(nullable=True)
    made_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)
    """The last request, rounded to the hour."""
    ends_at: datetime = time_column(index=True)
    revoked_at: datetime | None = time_column(nullable=True)


class AssistantToken(Row, table=True):
    """One token of a grant. Only its SHA-256 is stored."""

    __tablename__ = "assistant_token"

    token_sha256: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", index=True)
    grant_id: str = Field(foreign_key="assistant_grant.id", index=True)
    kind: str = Field(max_length=8)
    """`access` or `refresh`."""
    ends_at: datetime = time_column(index=True)
    used_at: datetime | None = time_column(nullable=True)
    """When a refresh token was exchanged; a second use shows that somebody has a copy."""
