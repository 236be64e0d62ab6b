"""Once a day the ends of the audit log's and the consent ledger's chains are signed, so that a cut-off tail is missed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import func, select

from hub.privacy.ledger.chain import BOOK as LEDGER
from hub.store.audit import BOOK as AUDIT
from hub.store.chain import sign_heads
from hub.store.engine import Store
from hub.store.keyring import Keyring

EVERY = timedelta(days=1)


def sign_due(store: Store, keyring: Keyring, now: datetime) -> int:
    """Sign each book whose newest signature is a day old, or that has none; how many ends were signed."""
    signed = 0
    for book in (AUDIT, LEDGER) if keyring else ():
        with store.reading() as session:
            newest = session.exec(select(func.max(book.heads.signed_at))).one()
        if newest is None or now - newest >= EVERY:
            with store.writing() as session:
                signed += len(sign_heads(session, book, keyring, now))
    return signed
