"""When a carrier last sent something, and the newest test calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from hub.model import CallTest, InboxWebhook

NEWEST = 500
"""How many of the newest webhooks are looked through for a carrier's."""


def last_carrier_event(session: Session, carriers: Sequence[str]) -> tuple[str, datetime] | None:
    """The carrier that sent the newest event, and when. Run it in a session of the hub."""
    inbox: Any = InboxWebhook
    newest = select(inbox.connector, inbox.received_at, inbox.id).order_by(inbox.id.desc()).limit(NEWEST).subquery()
    query = select(newest.c.connector, newest.c.received_at).where(newest.c.connector.in_(carriers))
    row = session.execute(query.order_by(newest.c.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None


def newest_tests(
    session: Session, companies: Sequence[str], since: datetime | None = None, limit: int = 5
) -> list[CallTest]:
    """The newest test calls on numbers of these companies (ids)."""
    query = select(CallTest).where(col(CallTest.company_id).in_(companies))
    if since is not None:
        query = query.where(col(CallTest.made_at) >= since)
    return [row for (row,) in session.execute(query.order_by(col(CallTest.id).desc()).limit(limit))]
