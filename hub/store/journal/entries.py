"""Append to the journal. The entries of a transaction are collected and appended right before its commit.

So each chain's end is locked only briefly, all chains in the same order, and a hundred rows make one entry. An entry's
hash is HMAC-SHA256 of the previous hash and its own fields, and the end of a chain is sealed the same way: nobody can write
either with the database alone. A row is recorded as SHA-256 of its columns, without empty columns (so a column added later
changes no hash) and without personal content (because it is deleted earlier).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, event
from sqlalchemy import select as select_columns
from sqlalchemy import update as update_rows
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, SQLModel

from hub.errors import ConfigError
from hub.model.columns import Row
from hub.model.journal import JournalEnd, JournalEntry
from hub.store.encryption.keyring import JOURNAL, Keyring
from hub.store.engine import STORE
from hub.store.journal.evidence import CANONICAL, EVIDENCE, digest_of, spelled
from hub.store.journal.watched import take_touched
from hub.store.rows import Columns, write_rows

GENESIS = "0" * 64
"""The previous hash of a chain's first entry."""
PENDING = "journal"
"""Key in a session's `info` for the entries to append before its commit."""
BEGUN = "journal begun"
"""Key in a session's `info` for the ends of chains that it began, to be noted outside the database after its commit."""
UNSEALED = "unsealed"
"""The kind of an entry that says that the hub had not sealed the end of the chain before it: entries may be missing."""


@dataclass(frozen=True)
class _Pending:
    chain: str
    kind: str
    content: dict[str, Any]
    since: datetime
    at: datetime
    apart: bool = False


def record(
    session: Session,
    chain: str,
    table: type[Row],
    rows: Sequence[SQLModel | Columns],
    at: datetime | None = None,
) -> None:
    """Record `rows`, which `session` writes, in the journal; `chain` is an account's id or HUB_CHAIN. `at` is the time now,
    needed if the rows do not contain it: the time in a stop is the time when the person said it."""
    if rows:
        evidence = EVIDENCE[_name(table)]
        fields = [row if isinstance(row, dict) else vars(row) for row in rows]
        times = [each[evidence.began] for each in fields]
        content = {evidence.key_of(each): digest_of(_name(table), each) for each in fields}
        append(session, chain, _name(table), content, since=min(times), at=at or max(times))


def write_evidence(
    session: Session, table: type[Row], rows: Sequence[SQLModel | Columns], accounts: Mapping[str, str]
) -> None:
    """Insert rows, each about a subject, and record them in the journal of the account that `accounts` gives by subject."""
    write_rows(session, table, rows)
    by_chain: dict[str, list[SQLModel | Columns]] = {}
    for row in rows:
        subject = row["subject_id"] if isinstance(row, dict) else row.subject_id  # type: ignore[attr-defined]
        by_chain.setdefault(accounts[subject], []).append(row)
    for chain, mine in by_chain.items():
        record(session, chain, table, mine)


def append(
    session: Session,
    chain: str,
    kind: str,
    content: dict[str, Any],
    *,
    since: datetime,
    at: datetime,
    apart: bool = False,
) -> None:
    """Append an entry before the writing `session` commits; entries on rows of one table are merged, except those that are to
    stand apart."""
    session.info.setdefault(PENDING, []).append(_Pending(chain, kind, content, since, at, apart))


_end: Any = JournalEnd.__table__.c
_ENDS = (
    select_columns(_end.chain, _end.position, _end.hash, _end.key_id, _end.seal)
    .where(_end.chain.in_(bindparam("chains", expanding=True)))
    .order_by(_end.chain)
    .with_for_update()
)
_MOVED = (
    update_rows(JournalEnd.__table__)
    .where(_end.chain == bindparam("b_chain"))
    .values({name: bindparam(f"b_{name}") for name in ("position", "hash", "key_id", "seal")})
)


def write_pending(session: AnySession) -> list[JournalEntry]:
    """Append the collected entries now; from here on the session locks the ends of the chains. Called before each
    commit."""
    session.flush()
    pending: list[_Pending] = session.info.pop(PENDING, [])
    for chain, kind, digests, began in take_touched(session):
        now = session.info[STORE].clock()
        pending.append(_Pending(chain, kind, digests, min(began, default=now), now))
    if not pending:
        return []
    by_chain: dict[str, list[_Pending]] = {}
    for each in pending:
        by_chain.setdefault(each.chain, []).append(each)
    keyring = _keyring_of(session)
    entries: list[JournalEntry] = []
    moved = []
    for end in hold_ends(session, sorted(by_chain)):  # always in the same order, to prevent deadlocks
        key_id = end.key_id or keyring.newest
        key = keyring.derived_key(JOURNAL, key_id)
        position, previous, mine = end.position, end.hash, _merged(by_chain[end.chain])
        if position and not hmac.compare_digest(end.seal, seal_of(key, end.chain, position, previous)):
            mine.insert(0, _Pending(end.chain, UNSEALED, {}, mine[0].at, mine[0].at))
        for each in mine:
            position += 1
            content = CANONICAL.encode(each.content)
            entries.append(link(each.chain, position, each.kind, content, each.since, each.at, previous, key))
            previous = entries[-1].hash
        seal = seal_of(key, end.chain, position, previous)
        moved.append(
            {"b_chain": end.chain, "b_position": position, "b_hash": previous, "b_key_id": key_id, "b_seal": seal}
        )
        if not end.position:
            session.info.setdefault(BEGUN, []).append(entries[-1])
    write_rows(session, JournalEntry, entries)  # type: ignore[arg-type]
    _move(session, moved)
    return entries


def link(
    chain: str,
    position: int,
    kind: str,
    content: str,
    since: datetime,
    at: datetime,
    previous: str,
    key: bytes,
) -> JournalEntry:
    """The entry with this content after the entry with hash `previous`. `key` makes its hash."""
    row = JournalEntry(
        chain=chain, position=position, kind=kind, content=content, since=since, at=at, previous_hash=previous, hash=""
    )
    row.hash = reckon(row, previous, position, key)
    return row


def reckon(row: JournalEntry, previous: str, position: int, key: bytes) -> str:
    """The hash of an entry with these fields at this position, after the entry with hash `previous`."""
    canonical = CANONICAL.encode([row.chain, position, spelled(row.at), spelled(row.since), row.kind, row.content])
    message = previous.encode() + canonical.encode()
    return hmac.digest(key, message, "sha256").hex()


def seal_of(key: bytes, chain: str, position: int, last_hash: str) -> str:
    """The seal of the end of a chain."""
    return hmac.digest(key, f"end|{chain}|{position}|{last_hash}".encode(), "sha256").hex()


def content_of(entry: JournalEntry) -> dict[str, Any]:
    """The parsed content of an entry; empty if it is not in the hub's format."""
    try:
        content = json.loads(entry.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _merged(pending: Iterable[_Pending]) -> list[_Pending]:
    merged: dict[object, _Pending] = {}
    for each in pending:
        key: object = each.kind if each.kind in EVIDENCE and not each.apart else len(merged)
        before = merged.get(key)
        if before is not None:
            each = _Pending(
                each.chain,
                each.kind,
                before.content | each.content,
                min(before.since, each.since),
                max(before.at, each.at),
            )
        merged[key] = each
    return list(merged.values())


def hold_ends(session: AnySession, chains: Sequence[str]) -> list[Any]:
    """Lock and return the ends of chains, in their order, until the transaction ends."""
    connection = session.connection()
    found = connection.execute(_ENDS, {"chains": chains}).all()
    if len(found) < len(chains):
        made = [JournalEnd(chain=chain, position=0, hash=GENESIS) for chain in chains]
        write_rows(session, JournalEnd, made)  # type: ignore[arg-type]
        found = connection.execute(_ENDS, {"chains": chains}).all()
    return list(found)


def _move(session: AnySession, moved: Sequence[Mapping[str, object]]) -> None:
    session.connection().execute(_MOVED, list(moved))


def _keyring_of(session: AnySession) -> Keyring:
    store = session.info.get(STORE)
    if store is None:
        raise ConfigError("The journal is written in sessions of the hub's store only.")
    keyring: Keyring = store.keyring
    return keyring


def _name(table: type[Row]) -> str:
    return str(table.__tablename__)


@event.listens_for(AnySession, "after_rollback")
def _after_rollback(session: AnySession) -> None:
    session.info.pop(BEGUN, None)


@event.listens_for(AnySession, "before_commit")
def _before_commit(session: AnySession) -> None:
    write_pending(session)
