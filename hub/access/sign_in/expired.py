"""Deletes what is over: sessions, waiting steps, one-time links, used recovery codes, unfinished sign-ins at providers, and
what assistants were allowed. None of it is evidence; the audit log says who signed in, and who allowed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_
from sqlmodel import col

from hub.access.assistants.clients import delete_unused
from hub.access.assistants.grants import delete_over
from hub.model import Connecting, RecoveryCode, SignInChallenge, SignInLink, WebSession
from hub.store.engine import Store


def delete_expired(store: Store, now: datetime) -> int:
    """Delete them; returns how many rows."""
    over = (
        delete(WebSession).where(or_(col(WebSession.ends_at) <= now, col(WebSession.revoked_at).is_not(None))),
        delete(SignInChallenge).where(col(SignInChallenge.ends_at) <= now),
        delete(Connecting).where(col(Connecting.ends_at) <= now),
        delete(SignInLink).where(or_(col(SignInLink.ends_at) <= now, col(SignInLink.used_at).is_not(None))),
        delete(RecoveryCode).where(col(RecoveryCode.used_at).is_not(None)),
    )
    with store.writing() as session:
        deleted = delete_over(session, now) + delete_unused(session, now)
        for statement in over:
            result: Any = session.execute(statement)
            deleted += int(result.rowcount)
    return deleted
