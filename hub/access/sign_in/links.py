"""One-time links: `setup`, `invite` and `reset` let a user choose how to sign in, `demo` signs in at once.

The hub sends invitations alone; other links are shown once, to the person who made them. Only the SHA-256 of a token is stored.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.access.sign_in.sessions import hash_of
from hub.access.users import AccessRefused
from hub.model import SignInLink, User
from hub.store.rows import count_changed

Purpose = Literal["setup", "invite", "reset", "demo"]
LIFETIMES: dict[Purpose, timedelta] = {
    "setup": timedelta(hours=24),
    "reset": timedelta(hours=24),
    "invite": timedelta(days=7),
    # The demo holds invented people only, and serves on 127.0.0.1; its link should survive a long lunch.
    "demo": timedelta(hours=12),
}
TOKEN_BYTES = 32


def new_link(session: Session, user: User, purpose: Purpose, now: datetime, public_url: str) -> str:
    """Make a link within `session`; it can be read only now. Earlier links of the user end. AccessRefused if the user is
    disabled."""
    if user.disabled_at is not None:
        raise AccessRefused("This user is disabled; add a new user instead.")
    end_links(session, user, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        SignInLink(
            account_id=user.account_id,
            user_id=user.id,
            token_sha256=hash_of(token),
            purpose=purpose,
            made_at=now,
            ends_at=now + LIFETIMES[purpose],
        )
    )
    return f"{public_url.rstrip('/')}/setup/{token}"


def link_of(session: Session, token: str, now: datetime) -> tuple[SignInLink, User] | None:
    """The link of a token and its user; None if it is unknown, used or over, or if the user is disabled."""
    link = session.exec(select(SignInLink).where(SignInLink.token_sha256 == hash_of(token))).first()
    if link is None or link.used_at is not None or now >= link.ends_at:
        return None
    user = session.get(User, link.user_id)
    return (link, user) if user is not None and user.disabled_at is None else None


def newest_link(session: Session, user: User) -> SignInLink | None:
    """The unused link of a user, whether or not it is over; None if there is none."""
    unused = (col(SignInLink.user_id) == user.id, col(SignInLink.used_at).is_(None))
    return session.exec(select(SignInLink).where(*unused).order_by(col(SignInLink.made_at).desc())).first()


def use_link(session: Session, link: SignInLink, now: datetime) -> bool:
    """End a link; False if another request has used it already."""
    unused = (col(SignInLink.id) == link.id, col(SignInLink.used_at).is_(None))
    return bool(count_changed(session, update(SignInLink).where(*unused).values(used_at=now)))


def end_links(session: Session, user: User, now: datetime) -> None:
    """End all unused links of a user within `session`."""
    unused = (col(SignInLink.user_id) == user.id, col(SignInLink.used_at).is_(None))
    session.execute(update(SignInLink).where(*unused).values(used_at=now))
