"""Once a day the ledger is closed: consents whose time is over are told as expired, and each chain's end is signed."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from hub.model import ConsentChain, ConsentEntry, LedgerHead
from hub.privacy.ledger.heads import sign_heads
from hub.privacy.ledger.writing import Word, append
from hub.store.engine import Store
from hub.store.keyring import Keyring

log = structlog.get_logger(__name__)
EVERY = timedelta(days=1)
AT_ONCE = 500


def close_day(store: Store, keyring: Keyring, now: datetime) -> int:
    """Write down what has expired, and sign the chains that were not signed for a day; how many records and ends.

    It may be called at any time, by any number of processes. Each signed end is logged, so that the logs hold it too.
    """
    due = _due(store, now) if keyring else []
    ended = _ended(store, now)
    if not due and not ended:
        return 0
    with store.writing() as session:
        written = append(session, ended, now)
        heads = sign_heads(session, keyring, now, due) if due else []
    for head in heads:
        log.info("consent ledger signed", company=head.company_id, position=head.position, hash=head.hash)
    return len(written) + len(heads)


def _due(store: Store, now: datetime) -> list[str]:
    """Companies whose chain has grown since it was signed, a day ago or longer."""
    latest = (
        select(
            LedgerHead.company_id,
            func.max(LedgerHead.position).label("position"),
            func.max(LedgerHead.signed_at).label("signed_at"),
        )
        .group_by(col(LedgerHead.company_id))
        .subquery()
    )
    grown = (
        select(ConsentChain.company_id)
        .outerjoin(latest, latest.c.company_id == ConsentChain.company_id)
        .where(
            ConsentChain.position > func.coalesce(latest.c.position, 0),
            latest.c.signed_at.is_(None) | (latest.c.signed_at <= now - EVERY),
        )
    )
    with store.reading() as session:
        return list(session.exec(grown))


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
