"""Sign-in to the web interface: sessions, passkeys, passwords, recovery codes, one-time links, a user's companies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, json_column, json_list, time_column


class WebSession(Row, table=True):
    """One signed-in browser. Only the SHA-256 of the cookie's token is stored."""

    __tablename__ = "web_session"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    token_sha256: str = Field(unique=True, max_length=64)
    method: str = Field(max_length=16)
    """How the user signed in: `passkey`, `password`, `oidc`, `link`, `recovery`, `local` (by a password alone)."""
    browser: str = Field(default="", max_length=80)
    """The browser's and the system's name, so that the user recognizes the session in the list."""
    made_at: datetime = time_column()
    used_at: datetime = time_column()
    """Rounded to the minute."""
    ends_at: datetime = time_column(index=True)
    """The absolute end; an idle session ends earlier (hub.access.sign_in.sessions)."""
    revoked_at: datetime | None = time_column(nullable=True)


class Passkey(Row, table=True):
    """A WebAuthn credential of one user. Source: https://www.w3.org/TR/webauthn-3/, credential record."""

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    credential_id: str = Field(unique=True, max_length=1400)
    """In base64url, as browsers send it."""
    public_key: bytes
    sign_count: int = 0
    transports: list[str] = json_list()
    backed_up: bool = False
    name: str = Field(max_length=64)
    made_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)


class UserSecret(Row, table=True):
    """A user's password (Argon2id) and the TOTP secret that goes with it, encrypted with the hub's key."""

    __tablename__ = "user_secret"

    user_id: str = Field(primary_key=True, foreign_key="app_user.id", max_length=36)
    account_id: str = Field(foreign_key="account.id", index=True)
    password_hash: str = Field(max_length=200)
    totp_sealed: bytes
    """Empty until the second factor is added: then the password signs in on this machine only."""
    totp_step: int = 0
    """The last accepted 30-second step, so that no code works twice. Source: RFC 6238, 5.2."""
    changed_at: datetime = time_column()


class RecoveryCode(Row, table=True):
    """A one-time code that replaces a lost second factor; 80 random bits, so its SHA-256 needs no slow hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_sha256"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    code_sha256: str = Field(max_length=64)
    made_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)


class SignInLink(Row, table=True):
    """A one-time link: `setup`, `invite` and `reset` let the user choose how to sign in, `demo` signs in at once."""

    __tablename__ = "sign_in_link"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    token_sha256: str = Field(unique=True, max_length=64)
    purpose: str = Field(max_length=8)
    made_at: datetime = time_column()
    ends_at: datetime = time_column(index=True)
    used_at: datetime | None = time_column(nullable=True)
    mail_refused: bool | None = None
    """Of an invitation: whether the mail server refused it; None if it was not mailed."""


class SignInChallenge(Row, table=True):
    """A step of a sign-in that waits for its answer: a passkey's challenge, a second factor, an OIDC state. It is deleted
    when it is answered, so it works once."""

    __tablename__ = "sign_in_challenge"

    token_sha256: str = Field(primary_key=True, max_length=64)
    """Of the cookie that only this browser has."""
    kind: str = Field(max_length=16)
    user_id: str | None = Field(default=None, max_length=36)
    data: dict[str, Any] = json_column()
    ends_at: datetime = time_column(index=True)


class OidcIdentity(Row, table=True):
    """A user's identity at an OpenID provider. Source: OpenID Connect Core 1.0, 5.7: only issuer and subject identify."""

    __tablename__ = "oidc_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    issuer: str = Field(max_length=200)
    subject: str = Field(max_length=255)
    made_at: datetime = time_column()


class UserCompany(Row, table=True):
    """A company that a user may see. A user with at least one such row sees no other company of the account."""

    __tablename__ = "user_company"

    user_id: str = Field(primary_key=True, foreign_key="app_user.id", max_length=36)
    company_id: str = Field(primary_key=True, foreign_key="company.id", max_length=36, index=True)
