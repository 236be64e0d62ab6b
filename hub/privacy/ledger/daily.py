"""Writes consents whose time is over to the ledger as expired."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from hub.model import ConsentEntry
from hub.privacy.ledger.writing import ConsentStatement, append
from hub.store.engine import Store

ROWS_PER_TRANSACTION = 100


def write_expired(store: Store, now: datetime) -> int:
    """Write down what has expired, at most one transaction's worth. Returns the number of records.

    It may be called at any time, by any number of processes.
    """
    ended = _ended(store, now)
    if not ended:
        return 0
    with store.writing() as session:
        return len(append(session, ended, now))


def _ended(store: Store, now: datetime) -> list[ConsentStatement]:
    """A record for each yes whose time is over and that no later record of the person has replaced."""
    later = aliased(ConsentEntry)
    lapsed = (
        select(ConsentEntry)
        .where(
            ConsentEntry.state == "given",
            ConsentEntry.scope == "person",
            col(ConsentEntry.lapses_at) <= now,
            ~select(later.id).where(later.supersedes == ConsentEntry.id).exists(),
        )
        .limit(ROWS_PER_TRANSACTION)
    )
    with store.reading() as session:
        rows = session.exec(lapsed).all()
    return [
        ConsentStatement(
            company_id=row.company_id,
            account_id=row.account_id,
            person_id=row.person_id,
            state="expired",
            use=row.use,
            channel="expiry",
            evidence=row.id,
            recipients=row.recipients,
            categories=row.categories,
            jurisdictions=row.jurisdictions,
            stated_at=row.lapses_at or now,
        )
        for row in rows
    ]
