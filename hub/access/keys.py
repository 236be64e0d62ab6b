"""API keys: `ctk_<id>_<secret>`, shown once; the hub stores only the SHA-256 of the secret.

Source: security.md 2.3, API keys. The prefix lets scanners find a key that was published by mistake.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from hub.access.users import AccessRefused
from hub.model import ApiKey, User

MAX_KEY_LIFETIME = timedelta(days=365)
SECRET_BYTES = 32
LAST_USE_PRECISION = timedelta(hours=1)
"""The precision of a key's last use."""
PERSONAL_DATA = "personal_data"
SCOPES = (PERSONAL_DATA,)
"""What a key may be given besides its user's role: with `personal_data`, an assistant gets names, numbers and words in clear
(`hub docs mcp`). The APIs show what the role may see, whatever the scopes are."""
_KEY = re.compile(r"ctk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODYS = "0" * 64
_HELD = select(ApiKey, User).join(User, col(User.id) == ApiKey.user_id).where(col(ApiKey.id) == bindparam("key"))


def new_api_key(
    session: Session,
    user: User,
    now: datetime,
    life: timedelta = MAX_KEY_LIFETIME,
    scopes: Collection[str] = (),
) -> str:
    """Make a key for a user within `session`; the full key can be read only now. `scopes` are some of `SCOPES`.

    AccessRefused if the user is disabled or the lifetime is not positive or longer than a year, or if a scope
    is not known.
    """
    if user.disabled_at is not None:
        raise AccessRefused("This user is disabled; make the key for another user.")
    if not timedelta() < life <= MAX_KEY_LIFETIME:
        raise AccessRefused("A key is valid for 1 to 365 days.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise AccessRefused(f"{unknown[0]:.40} is no scope of a key; there is {', '.join(SCOPES)}.")
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
    session.add(
        ApiKey(
            id=key_id,
            account_id=user.account_id,
            user_id=user.id,
            secret_sha256=_hashed(secret),
            made_at=now,
            ends_at=now + life,
            personal_data=PERSONAL_DATA in scopes,
        )
    )
    return f"ctk_{key_id}_{secret}"


def key_holder(session: Session, key_text: str, now: datetime) -> tuple[ApiKey, User] | None:
    """The key and its user; None if the key is unknown, wrong or expired, or its user has no access.

    The secret is compared in constant time, even if the key does not exist.
    """
    found = _KEY.fullmatch(key_text)
    row = session.exec(_HELD, params={"key": found[1]}).first() if found else None
    key, user = row or (None, None)
    fits = hmac.compare_digest(_hashed(found[2] if found else ""), key.secret_sha256 if key else _NOBODYS)
    if key is None or not fits or key.revoked_at is not None or now >= key.ends_at:
        return None
    return (key, user) if user is not None and user.disabled_at is None else None


def note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """Note, within `session`, a writing one, that a key was just used."""
    session.execute(update(ApiKey).where(col(ApiKey.id) == key.id).values(last_used_at=now))


def is_use_noted(key: ApiKey, now: datetime) -> bool:
    """Whether a use of the key was noted within the last hour."""
    return key.last_used_at is not None and now - key.last_used_at < LAST_USE_PRECISION


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
