"""The suppression list: keyed hashes of people who stopped texts. Only a consent given later than the stop lifts one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from hub.model import HUB_CHAIN, Suppression
from hub.store.journal import append, record
from hub.store.rows import write_rows

COLUMNS = (col(Suppression.fingerprint), col(Suppression.use), col(Suppression.since))


def add_suppressions(
    session: Session, fingerprint: str, uses: Collection[str], said_at: datetime, now: datetime
) -> None:
    """Record a stop of texts for these uses at `said_at`. If it is repeated, the later time counts."""
    mine = (col(Suppression.fingerprint) == fingerprint, col(Suppression.use).in_(uses))
    write_rows(session, Suppression, [Suppression(fingerprint=fingerprint, use=use, since=said_at) for use in uses])
    later = update(Suppression).where(*mine, col(Suppression.since) < said_at).values(since=said_at)
    session.execute(later.execution_options(synchronize_session=False))
    marked = session.execute(select(*COLUMNS).where(*mine).with_for_update()).mappings()
    record(session, HUB_CHAIN, Suppression, [dict(row) for row in marked], now)


def lift_suppressions(
    session: Session, fingerprint: str, uses: Collection[str], said_at: datetime, now: datetime
) -> None:
    """Lift the stops that were said no later than `said_at`, because a yes may arrive late."""
    mine = (col(Suppression.fingerprint) == fingerprint, col(Suppression.use).in_(uses))
    lifted = (*mine, col(Suppression.since) <= said_at)
    gone = {
        f"{fingerprint}/{use}": None for use in session.exec(select(Suppression.use).where(*lifted).with_for_update())
    }
    if gone:
        session.execute(delete(Suppression).where(*lifted).execution_options(synchronize_session=False))
        append(session, HUB_CHAIN, str(Suppression.__tablename__), gone, since=said_at, at=now)
