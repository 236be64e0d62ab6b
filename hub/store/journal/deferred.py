"""Adds journal entries later for rows that were written while a caller waited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, delete
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model.journal import JournalWaiting
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal.entries import append
from hub.store.journal.evidence import CANONICAL, EVIDENCE, Evidence, digest_of, spelled
from hub.store.journal.watched import chains_of
from hub.store.rows import Columns, insert_rows

log = structlog.get_logger(__name__)
PURPOSE = "journal waiting"
ROWS_PER_TRANSACTION = 500


def insert_waiting(connection: Connection, keyring: Keyring, rows: Mapping[str, Sequence[tuple[str, Columns]]]) -> None:
    """Insert rows, by kind and each with its chain, without locking the end of any chain. A row that exists already stays as
    it is and waits for no entry."""
    waiting: list[Columns] = []
    for kind, given in rows.items():
        evidence = EVIDENCE[kind]
        for chain, row in _insert_new(connection, evidence, given):
            waiting.append(
                JournalWaiting.columns(
                    row_id=row["id"], chain=chain, kind=kind, digest=digest_of(kind, row), since=row[evidence.began]
                )
            )
            waiting[-1]["seal"] = seal_of_waiting(keyring, waiting[-1])
    insert_rows(connection, JournalWaiting, waiting)


def _insert_new(
    connection: Connection, evidence: Evidence, rows: Sequence[tuple[str, Columns]]
) -> Sequence[tuple[str, Columns]]:
    """Insert rows; returns those that did not exist."""
    if insert_rows(connection, evidence.table, [row for _, row in rows]) == len(rows):
        return rows
    table: Any = evidence.table.__table__
    new = set(connection.scalars(select_columns(table.c.id).where(table.c.id.in_([row["id"] for _, row in rows]))))
    return [(chain, row) for chain, row in rows if row["id"] in new]


def seal_of_waiting(keyring: Keyring, columns: Columns) -> str:
    """The seal of a row of `journal_waiting` with these columns."""
    return keyring.sign(PURPOSE, _sealed(**columns))


def is_genuine(keyring: Keyring, waiting: JournalWaiting | Row[object]) -> bool:
    """Whether the hub wrote that this row waits for its entry."""
    fields = (waiting.row_id, waiting.chain, waiting.kind, waiting.digest, waiting.since)
    return keyring.signed(PURPOSE, _sealed(*fields), waiting.seal)


def _sealed(row_id: str, chain: str, kind: str, digest: str, since: datetime, seal: str = "") -> bytes:
    return CANONICAL.encode([row_id, chain, kind, digest, spelled(since)]).encode()


def take_waiting(store: Store) -> int:
    """Append the missing entries of deferred rows; returns how many rows. Several processes may run it at the same time.

    A row that somebody else let wait gets no entry; `verify` then finds that it has none.
    """
    with store.reading() as session:
        if session.exec(select(JournalWaiting.row_id).limit(1)).first() is None:
            return 0
    with store.writing() as session:
        next_rows = select(JournalWaiting.row_id).order_by(col(JournalWaiting.row_id)).limit(ROWS_PER_TRANSACTION)
        taken = delete(JournalWaiting).where(
            col(JournalWaiting.row_id).in_(next_rows.with_for_update(skip_locked=True))
        )
        returned = taken.returning(*JournalWaiting.__table__.c)
        rows = session.execute(returned.execution_options(synchronize_session=False)).all()
        chains = _chains_now(session, rows)
        for row in sorted(rows, key=lambda each: each.row_id):
            if is_genuine(store.keyring, row):
                chain = chains.get(row.row_id, row.chain)
                append(session, chain, row.kind, {row.row_id: row.digest}, since=row.since, at=row.since)
            else:
                log.error("a row waited for an entry of the journal that the hub did not ask for", kind=row.kind)
    return len(rows)


def _chains_now(session: Session, rows: Sequence[Row[object]]) -> dict[str, str]:
    """Changeable row that waited → its chain: its company may have moved to another account since."""
    found: dict[str, str] = {}
    for kind in {row.kind for row in rows}:
        evidence = EVIDENCE.get(kind)
        if evidence is not None and evidence.watched == "company_id":
            table: Any = evidence.table
            mine = select(table.id, table.company_id).where(
                table.id.in_([row.row_id for row in rows if row.kind == kind])
            )
            companies = dict(session.exec(mine).all())
            chains = chains_of(session, evidence, set(companies.values()))
            found |= {row_id: chains[company_id] for row_id, company_id in companies.items()}
    return found
