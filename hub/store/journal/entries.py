"""Append to the journal. The entries of a transaction are collected and appended right before its commit.

So each chain's end is locked only briefly, all chains in the same order, and a hundred rows make one entry. An entry's
hash is SHA-256 of the previous hash and its own fields. A row is recorded as SHA-256 of its columns, without empty
columns (so a column added later changes no hash) and without personal content (because it is deleted earlier).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, event
from sqlalchemy import update as update_rows
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, SQLModel, col, select

from hub.model.journal import JournalEnd, JournalEntry
from hub.store.journal.evidence import EVIDENCE
from hub.store.rows import Columns, write_rows

GENESIS = "0" * 64
"""The previous hash of a chain's first entry."""
PENDING = "journal"
"""Key in a session's `info` for the entries to append before its commit."""
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True)
class _Pending:
    chain: str
    kind: str
    content: dict[str, Any]
    since: datetime
    at: datetime


def record(
    session: Session,
    chain: str,
    table: type[SQLModel],
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
    session: Session, table: type[SQLModel], rows: Sequence[SQLModel | Columns], accounts: Mapping[str, str]
) -> None:
    """Insert rows, each about a subject, and record them in the journal of the account that `accounts` gives by subject."""
    write_rows(session, table, rows)
    by_chain: dict[str, list[SQLModel | Columns]] = {}
    for row in rows:
        subject = row["subject_id"] if isinstance(row, dict) else row.subject_id  # type: ignore[attr-defined]
        by_chain.setdefault(accounts[subject], []).append(row)
    for chain, mine in by_chain.items():
        record(session, chain, table, mine)


def append(session: Session, chain: str, kind: str, content: dict[str, Any], *, since: datetime, at: datetime) -> None:
    """Append an entry before the writing `session` commits; entries on rows of one table are merged."""
    session.info.setdefault(PENDING, []).append(_Pending(chain, kind, content, since, at))


def write_pending(session: AnySession) -> list[JournalEntry]:
    """Append the collected entries now; from here on the session locks the ends of the chains. Called before each
    commit."""
    pending: list[_Pending] = session.info.pop(PENDING, [])
    if not pending:
        return []
    session.flush()
    by_chain: dict[str, list[_Pending]] = {}
    for each in pending:
        by_chain.setdefault(each.chain, []).append(each)
    entries: list[JournalEntry] = []
    moved = []
    for end in hold_ends(session, sorted(by_chain)):  # always in the same order, to prevent deadlocks
        position, previous = end.position, end.hash
        for each in _merged(by_chain[end.chain]):
            position += 1
            entries.append(
                link(each.chain, position, each.kind, CANONICAL.encode(each.content), each.since, each.at, previous)
            )
            previous = entries[-1].hash
        moved.append({"b_chain": end.chain, "position": position, "hash": previous})
    write_rows(session, JournalEntry, entries)  # type: ignore[arg-type]
    _move(session, moved)
    return entries


def link(
    chain: str, position: int, kind: str, content: str, since: datetime, at: datetime, previous: str
) -> JournalEntry:
    """The entry with this content after the entry with hash `previous`."""
    row = JournalEntry(
        chain=chain, position=position, kind=kind, content=content, since=since, at=at, previous_hash=previous, hash=""
    )
    row.hash = reckon(row, previous)
    return row


def reckon(row: JournalEntry, previous: str, position: int | None = None) -> str:
    """The hash of an entry with these fields after the entry with hash `previous`; at its own or at another
    position."""
    place = row.position if position is None else position
    canonical = CANONICAL.encode([row.chain, place, spelled(row.at), spelled(row.since), row.kind, row.content])
    return hashlib.sha256(previous.encode() + canonical.encode()).hexdigest()


def digest_of(kind: str, fields: Mapping[Any, Any]) -> str:
    """The hash of a row of the table `kind` in an entry."""
    values = {
        name: spelled(value) if isinstance(value, datetime) else value
        for name in EVIDENCE[kind].columns
        if (value := fields[name]) is not None
    }
    return hashlib.sha256(f"{kind}{CANONICAL.encode(values)}".encode()).hexdigest()


def content_of(entry: JournalEntry) -> dict[str, Any]:
    """The parsed content of an entry; empty if it is not in the hub's format."""
    try:
        content = json.loads(entry.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=64)
def spelled(moment: datetime) -> str:
    """A time in the form in which it is hashed."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _merged(pending: Iterable[_Pending]) -> list[_Pending]:
    merged: dict[Any, _Pending] = {}
    for each in pending:
        key: Any = each.kind if each.kind in EVIDENCE else len(merged)
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
    wanted = (
        select(JournalEnd.chain, JournalEnd.position, JournalEnd.hash)
        .where(col(JournalEnd.chain).in_(chains))
        .order_by(JournalEnd.chain)
        .with_for_update()
    )
    found = session.execute(wanted).all()
    if len(found) < len(chains):
        made = [JournalEnd(chain=chain, position=0, hash=GENESIS) for chain in chains]
        write_rows(session, JournalEnd, made)  # type: ignore[arg-type]
        found = session.execute(wanted).all()
    return list(found)


def _move(session: AnySession, moved: Sequence[Mapping[str, Any]]) -> None:
    table: Any = JournalEnd.__table__  # type: ignore[attr-defined]
    session.connection().execute(update_rows(table).where(table.c.chain == bindparam("b_chain")), list(moved))


def _name(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


@event.listens_for(AnySession, "before_commit")
def _before_commit(session: AnySession) -> None:
    write_pending(session)
