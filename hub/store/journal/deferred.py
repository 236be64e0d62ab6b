"""Adds journal entries later for rows that were written while a caller waited."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete
from sqlmodel import col, select

from hub.model.journal import JournalWaiting
from hub.store.engine import Store
from hub.store.journal.entries import append, digest_of
from hub.store.journal.evidence import EVIDENCE
from hub.store.rows import Columns, insert_rows

ROWS_PER_TRANSACTION = 500


def insert_waiting(connection: Connection, kind: str, rows: Sequence[tuple[str, Columns]]) -> None:
    """Insert rows of the table `kind`, each with its chain, without locking the end of any chain."""
    evidence = EVIDENCE[kind]
    insert_rows(connection, evidence.table, [row for _, row in rows])
    waiting = [
        JournalWaiting.columns(
            row_id=row["id"], chain=chain, kind=kind, digest=digest_of(kind, row), since=row[evidence.began]
        )
        for chain, row in rows
    ]
    insert_rows(connection, JournalWaiting, waiting)


def take_waiting(store: Store) -> int:
    """Append the missing entries of deferred rows; returns how many rows. Several processes may run it at the same
    time."""
    with store.reading() as session:
        if session.exec(select(JournalWaiting.row_id).limit(1)).first() is None:
            return 0
    with store.writing() as session:
        next_rows = select(JournalWaiting.row_id).order_by(col(JournalWaiting.row_id)).limit(ROWS_PER_TRANSACTION)
        taken = delete(JournalWaiting).where(
            col(JournalWaiting.row_id).in_(next_rows.with_for_update(skip_locked=True))
        )
        returned = taken.returning(*JournalWaiting.__table__.c)  # type: ignore[attr-defined]
        rows = session.execute(returned.execution_options(synchronize_session=False)).all()
        for row in sorted(rows, key=lambda each: each.row_id):
            append(session, row.chain, row.kind, {row.row_id: row.digest}, since=row.since, at=row.since)
    return len(rows)
