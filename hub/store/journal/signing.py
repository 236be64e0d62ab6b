"""Signed journal entries: where each chain ends, which rows reached the end of their retention period, and which events
never happened.

Each is a separate entry, signed with Ed25519 by a key of the hub's keyring: removing it breaks the chain, and only the
key's holder can write one. The hub's own chain also signs the ends of all other chains, so a missing chain is detected.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from hub.model import Disclosure
from hub.model.journal import HUB_CHAIN, JournalEnd, JournalEntry
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal.ends_file import note_ends
from hub.store.journal.entries import hold_ends, write_pending
from hub.store.journal.statements import ENDED, SIGNED, UNDONE, state

log = structlog.get_logger(__name__)
SIGNING_INTERVAL = timedelta(days=1)
APART = timedelta(hours=1)
"""Minimum time between two end-of-retention entries of a table, so that a busy hub does not write one per deleted
row."""


@dataclass(frozen=True)
class SignedEnd:
    """Where a chain ended when it was signed."""

    chain: str
    position: int
    hash: str


def sign_due(store: Store, keyring: Keyring, now: datetime) -> list[SignedEnd]:
    """Sign the chains that have grown and were not signed for a day. Any process may call it at any time.

    Each signed end is also written to the log.
    """
    if not keyring:
        return []
    with store.reading() as session:
        due = _grown(session, now)
    signed = sign_ends(store, keyring, now, due) if due else []
    for end in signed:
        log.info("journal signed", chain=end.chain, position=end.position, hash=end.hash)
    return signed


def sign_ends(store: Store, keyring: Keyring, now: datetime, chains: Collection[str] | None = None) -> list[SignedEnd]:
    """Sign the ends of chains that have grown since they were signed, all or those in `chains`; returns what was signed.

    ConfigError if the hub has no key.
    """
    with store.reading() as session:
        grown = _grown(session, None)
    others = sorted(chain for chain in grown if chain != HUB_CHAIN and (chains is None or chain in chains))
    signed = [_sign(store, keyring, chain, now) for chain in others]
    if signed or (HUB_CHAIN in grown and (chains is None or HUB_CHAIN in chains)):
        signed.append(_sign(store, keyring, HUB_CHAIN, now))
    note_ends(store.ends_file, keyring, now, {each.chain: (each.position, each.hash) for each in signed})
    return signed


def end_lives(session: Session, keyring: Keyring, table: str, over: datetime, now: datetime) -> bool:
    """Record in the hub's chain that the retention period of rows of `table` from `over` or before has ended. Call it before
    they are deleted. False if `over` is less than an hour after the last recorded time: the rows must stay until then."""
    said = select(func.max(JournalEntry.since)).where(
        JournalEntry.chain == HUB_CHAIN, JournalEntry.kind == ENDED + table
    )
    last = session.exec(said).one()
    if last is None or over - last >= APART:
        state(session, keyring, HUB_CHAIN, ENDED + table, {}, over, now)
        write_pending(session)  # the database's trigger checks it
        return True
    return last >= over


def undo(session: Session, keyring: Keyring, chain: str, table: str, ids: Sequence[str], now: datetime) -> None:
    """Record that these rows are deleted because their event did not happen: a send that never reached the provider."""
    state(session, keyring, chain, UNDONE + table, {"rows": sorted(ids)}, now, now)


def undo_disclosure(session: Session, keyring: Keyring, chain: str, disclosure_id: str, now: datetime) -> None:
    """Delete a disclosure that was recorded before a send, because no request was made."""
    session.execute(delete(Disclosure).where(col(Disclosure.id) == disclosure_id))
    undo(session, keyring, chain, "disclosure", [disclosure_id], now)


def _grown(session: Session, now: datetime | None) -> list[str]:
    """Chains that have grown since they were signed; with `now`, only those whose last signature is a day old, or later than
    `now` because the clock was set back."""
    latest = (
        select(JournalEntry.chain, func.max(JournalEntry.position).label("position"))
        .where(JournalEntry.kind == SIGNED)
        .group_by(col(JournalEntry.chain))
        .subquery()
    )
    grown = (
        select(JournalEnd.chain)
        .outerjoin(latest, latest.c.chain == JournalEnd.chain)
        .where(JournalEnd.position > func.coalesce(latest.c.position, 0))
    )
    if now is not None:
        last = (col(JournalEntry.chain) == latest.c.chain) & (col(JournalEntry.position) == latest.c.position)
        at = col(JournalEntry.at)
        grown = grown.outerjoin(JournalEntry, last).where(at.is_(None) | (at <= now - SIGNING_INTERVAL) | (at > now))
    return list(session.exec(grown))


def _sign(store: Store, keyring: Keyring, chain: str, now: datetime) -> SignedEnd:
    with store.writing() as session:
        (end,) = hold_ends(session, [chain])
        content: dict[str, object] = {"position": end.position, "hash": end.hash}
        if chain == HUB_CHAIN:
            others = select(JournalEnd).where(JournalEnd.chain != HUB_CHAIN)
            content["ends"] = {each.chain: [each.position, each.hash] for each in session.exec(others)}
        state(session, keyring, chain, SIGNED, content, now, now)
        entry = write_pending(session)[-1]
    return SignedEnd(chain, entry.position, entry.hash)
