"""Steps of a sign-in that wait for an answer: a passkey's challenge, a second factor, an OpenID state.

Each has a random token that only the browser's cookie holds, works once, and ends after a few minutes.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete
from sqlmodel import Session, col

from hub.access.sign_in.sessions import hash_of
from hub.model import SignInChallenge
from hub.store.rows import count_changed

Kind = Literal["passkey", "register", "factor", "oidc", "browser"]
LIFETIME = timedelta(minutes=5)
TOKEN_BYTES = 32


def new_challenge(
    session: Session, kind: Kind, now: datetime, *, user_id: str | None = None, data: dict[str, Any] | None = None
) -> str:
    """Store a step within `session`; returns the token for the browser's cookie."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = SignInChallenge(
        token_sha256=hash_of(token), kind=kind, user_id=user_id, data=data or {}, ends_at=now + LIFETIME
    )
    session.add(row)
    return token


def open_challenge(session: Session, kind: Kind, token: str, now: datetime) -> SignInChallenge | None:
    """The step that waits for this browser's answer, without ending it; None if there is none or it is over."""
    row = session.get(SignInChallenge, hash_of(token))
    return row if row is not None and row.kind == kind and now < row.ends_at else None


def take_challenge(session: Session, kind: Kind, token: str, now: datetime) -> SignInChallenge | None:
    """As `open_challenge`, and the step ends: of two requests with the same token only one gets it."""
    row = open_challenge(session, kind, token, now)
    if row is None:
        return None
    session.expunge(row)
    mine = delete(SignInChallenge).where(col(SignInChallenge.token_sha256) == row.token_sha256)
    return row if count_changed(session, mine) else None
