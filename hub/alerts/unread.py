"""How many of a user's alerts are unread, and marking them as read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from hub.model import Alert

MAX_UNREAD = 99
"""A page never counts further."""
_UNREAD = select(Alert.id).where(
    col(Alert.user_id) == bindparam("user"),
    col(Alert.seen_at).is_(None),
    col(Alert.company_id).in_(bindparam("companies", expanding=True)),
)
_COUNT = select(func.count()).select_from(_UNREAD.limit(MAX_UNREAD + 1).subquery())


def count_unread(session: Session, user_id: str, companies: Sequence[str]) -> int:
    """How many of the user's alerts are unread; at most `MAX_UNREAD` and one."""
    return int(session.execute(_COUNT, {"user": user_id, "companies": companies}).scalar_one())


def mark_read(session: Session, user_id: str, companies: Sequence[str], now: datetime, up_to: datetime) -> None:
    """Mark the user's alerts as read, up to those that the page showed."""
    unread = (
        col(Alert.user_id) == user_id,
        col(Alert.seen_at).is_(None),
        col(Alert.company_id).in_(companies),
        col(Alert.at) <= up_to,
    )
    session.execute(update(Alert).where(*unread).values(seen_at=now).execution_options(synchronize_session=False))
