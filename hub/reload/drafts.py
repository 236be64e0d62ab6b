"""A user's draft of config.yaml. It is encrypted, because a draft may hold a secret that is not yet behind a reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from hub.errors import ConfigError
from hub.model import ConfigDraft, User
from hub.model.columns import CALL_RETENTION
from hub.store.encryption.keyring import Keyring


@dataclass(frozen=True)
class Draft:
    """A text that is not applied, the SHA-256 of the text that it was begun from, and when it was kept."""

    text: str
    base_sha256: str
    kept_at: datetime


def draft_of(session: Session, keyring: Keyring, user: User) -> Draft | None:
    """The user's draft; None if there is none, if its text has ended, or if its key was taken away."""
    row = session.get(ConfigDraft, user.id)
    if row is None or row.sealed is None:
        return None
    try:
        text = keyring.decrypt(row.sealed, _where(user)).decode()
    except ConfigError:
        return None
    return Draft(text, row.base_sha256, row.kept_at)


def keep_draft(session: Session, keyring: Keyring, user: User, text: str, base_sha256: str, now: datetime) -> None:
    """Keep a text as the user's draft, in place of the former one."""
    session.merge(
        ConfigDraft(
            user_id=user.id,
            account_id=user.account_id,
            sealed=keyring.encrypt(text.encode("utf-8", "replace"), _where(user)),
            base_sha256=base_sha256[:64],
            kept_at=now,
            expires_at=now + CALL_RETENTION,
        )
    )


def discard_draft(session: Session, user: User) -> None:
    """Delete the user's draft."""
    row = session.get(ConfigDraft, user.id)
    if row is not None:
        session.delete(row)


def _where(user: User) -> str:
    return f"config_draft/{user.id}"
