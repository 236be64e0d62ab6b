"""Sessions of signed-in browsers: a random token in a cookie, its SHA-256 in the database, an idle and an absolute end.

Source: web_interface.md A.3; OWASP ASVS 5.0, V7.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, update
from sqlmodel import Session, col, select

from hub.model import User, UserCompany, WebSession
from hub.store.rows import count_changed

TOKEN_BYTES = 32
LAST_USE_PRECISION = timedelta(minutes=1)
FRESH = timedelta(minutes=30)
LOCAL = "local"
"""The method of a session that a password alone began; it counts on this machine only."""


@dataclass(frozen=True)
class SessionLifetime:
    """How long a session lasts without a request, and at most."""

    idle: timedelta = timedelta(hours=12)
    longest: timedelta = timedelta(days=7)


def hash_of(token: str) -> str:
    """What the database stores of a token: 32 random bytes need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def open_session(
    session: Session, user: User, method: str, browser: str, now: datetime, lifetime: SessionLifetime | None = None
) -> str:
    """Write a new session within `session`, a writing one; returns the token for the cookie, which can be read only now."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        WebSession(
            account_id=user.account_id,
            user_id=user.id,
            token_sha256=hash_of(token),
            method=method,
            browser=browser[:80],
            made_at=now,
            used_at=now,
            ends_at=now + (lifetime or SessionLifetime()).longest,
        )
    )
    session.flush()
    return token


class HeldSession(NamedTuple):
    """A living session, its user, and the companies that the user is limited to."""

    row: WebSession
    user: User
    companies: tuple[str, ...] | None
    """As `limit_of` of hub.access.scope says it, so that a page asks the database once for all three."""


OF_TOKEN = (
    select(WebSession, User, UserCompany.company_id)
    .join(User, col(User.id) == WebSession.user_id)
    .outerjoin(UserCompany, col(UserCompany.user_id) == User.id)
    .where(col(WebSession.token_sha256) == bindparam("token"))
)


def session_of(
    session: Session, token: str, now: datetime, lifetime: SessionLifetime | None = None
) -> HeldSession | None:
    """The living session of a cookie's token; None if it has ended, or the user is disabled."""
    found = session.exec(OF_TOKEN, params={"token": hash_of(token)}).all() if token else ()
    if not found:
        return None
    row, user, _ = found[0]
    if row.revoked_at is not None or now >= row.ends_at or user.disabled_at is not None:
        return None
    if now - row.used_at >= (lifetime or SessionLifetime()).idle:
        return None
    return HeldSession(row, user, tuple(sorted(each for *_, each in found if each)) or None)


def must_note_use(row: WebSession, now: datetime) -> bool:
    """Whether the last use that is stored is older than its precision."""
    return now - row.used_at >= LAST_USE_PRECISION


def note_use(session: Session, session_id: str, now: datetime) -> None:
    """Store that a session was used now; the idle time starts again."""
    session.execute(update(WebSession).where(col(WebSession.id) == session_id).values(used_at=now))


def end_session(session: Session, session_id: str, now: datetime) -> None:
    """End one session."""
    _end(session, now, col(WebSession.id) == session_id)


def end_sessions(session: Session, user_id: str, now: datetime, except_id: str = "") -> int:
    """End all living sessions of a user, except one; returns how many."""
    return _end(session, now, col(WebSession.user_id) == user_id, col(WebSession.id) != except_id)


def _end(session: Session, now: datetime, *which: ColumnElement[bool]) -> int:
    living = update(WebSession).where(*which, col(WebSession.revoked_at).is_(None))
    return count_changed(session, living.values(revoked_at=now))


def living_sessions(session: Session, user_id: str, now: datetime, idle: timedelta) -> list[WebSession]:
    """The sessions of a user that have not ended, the last used first."""
    theirs = (col(WebSession.user_id) == user_id, col(WebSession.revoked_at).is_(None))
    living = (col(WebSession.ends_at) > now, col(WebSession.used_at) > now - idle)
    return list(session.exec(select(WebSession).where(*theirs, *living).order_by(col(WebSession.used_at).desc())))


def is_fresh(web_session: WebSession, now: datetime) -> bool:
    """Whether the sign-in is recent enough for what a screen left open must not do: change a way in, users, or the address to
    which a connector sends its secrets."""
    return now - web_session.made_at < FRESH


def confirm_session(session: Session, session_id: str) -> None:
    """Turn a session that a password alone began into one of both factors, after the second one was proved."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.id) == session_id, col(WebSession.method) == LOCAL)
        .values(method="password")
    )


def rotate_session(session: Session, session_id: str) -> str:
    """Give a session a new token, when what its user may do has changed; the old one stops working. Its ends stay."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(update(WebSession).where(col(WebSession.id) == session_id).values(token_sha256=hash_of(token)))
    return token
