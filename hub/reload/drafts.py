"""A user's draft of config.yaml."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.model import ConfigDraft, User
from hub.model.columns import CALL_RETENTION


def draft_of(session: Session, user: User) -> ConfigDraft | None:
    """The user's draft; None if there is none, or its text has ended."""
    draft = session.get(ConfigDraft, user.id)
    return draft if draft is not None and draft.text is not None else None


def keep_draft(session: Session, user: User, text: str, base_sha256: str, now: datetime) -> None:
    """Keep a text as the user's draft, in place of the former one."""
    session.merge(
        ConfigDraft(
            user_id=user.id,
            account_id=user.account_id,
            text=text,
            base_sha256=base_sha256,
            kept_at=now,
            expires_at=now + CALL_RETENTION,
        )
    )


def discard_draft(session: Session, user: User) -> None:
    """Delete the user's draft."""
    draft = session.get(ConfigDraft, user.id)
    if draft is not None:
        session.delete(draft)
