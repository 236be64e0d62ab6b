"""Once a day the ledger is closed: consents whose time is over are told as expired, and the journal's ends are signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from hub.model import ConsentEntry
from hub.privacy.ledger.writing import Word, append
from hub.store.engine import Store
from hub.store.journal import sign_due
from hub.store.keyring import Keyring

AT_ONCE = 500


def close_day(store: Store, keyring: Keyring, now: datetime) -> int:
    """Write down what has expired, and sign the chains that were not signed for a day; how many records and ends.

    It may be called at any time, by any number of processes.
    """
    ended, written = _ended(store, now), 0
    if ended:
        with store.writing() as session:
            written = len(append(session, ended, now))
    return written + len(sign_due(store, keyring, now))


def _ended(store: Store, now: datetime) -> list[Word]:
    """A word for each yes whose time is over and that no later word of the person took the place of."""
    later = aliased(ConsentEntry)
    lapsed = (
        select(ConsentEntry)
        .where(
            ConsentEntry.state == "given",
            ConsentEntry.scope == "person",
            col(ConsentEntry.lapses_at) <= now,
            ~select(later.id).where(later.supersedes == ConsentEntry.id).exists(),
        )
        .limit(AT_ONCE)
    )
    with store.reading() as session:
        rows = session.exec(lapsed).all()
    return [
        Word(
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
            spoken_at=row.lapses_at or now,
        )
        for row in rows
    ]
