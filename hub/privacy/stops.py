"""Marks of who stopped texts: kept without a name, and lifted only by a word that was said later than the stop."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col

from hub.model import Suppression
from hub.store.rows import write_rows


def mark(session: Session, fingerprint: str, uses: Collection[str], said_at: datetime) -> None:
    """Somebody stopped texts for these uses at `said_at`. Said twice, the later time counts."""
    mine = (col(Suppression.fingerprint) == fingerprint, col(Suppression.use).in_(uses))
    write_rows(session, Suppression, [Suppression(fingerprint=fingerprint, use=use, since=said_at) for use in uses])
    later = update(Suppression).where(*mine, col(Suppression.since) < said_at).values(since=said_at)
    session.execute(later.execution_options(synchronize_session=False))


def lift(session: Session, fingerprint: str, uses: Collection[str], said_at: datetime) -> None:
    """Take back the stops that were said no later than `said_at`, for a yes may come late."""
    mine = (col(Suppression.fingerprint) == fingerprint, col(Suppression.use).in_(uses))
    lifted = delete(Suppression).where(*mine, col(Suppression.since) <= said_at)
    session.execute(lifted.execution_options(synchronize_session=False))
