"""The audit log ends with its life, the oldest entries first, so that each chain goes on from a start that is signed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from hub.config.retention import RetentionSection
from hub.model import AuditEntry
from hub.store.audit import BOOK
from hub.store.chain import end_rows
from hub.store.engine import Store
from hub.store.keyring import Keyring

AT_ONCE = 500
"""Entries of one transaction."""
MOST = 20
"""Transactions for one chain at a time."""


def end_audit(store: Store, keyring: Keyring, retention: RetentionSection, now: datetime) -> int:
    """Delete the entries whose life (`retention.audit_log`) is over; how many. Nothing is done where the hub has no key."""
    over, ended = now - retention.life("audit_log"), 0
    if not keyring:
        return 0
    with store.reading() as session:
        chains = session.exec(select(AuditEntry.chain).where(col(AuditEntry.at) <= over).distinct()).all()
    for chain in chains:
        for _ in range(MOST):
            with store.writing() as session:
                rows = end_rows(session, BOOK, keyring, chain, over, now, AT_ONCE)
            ended += rows
            if rows < AT_ONCE:
                break
    return ended
