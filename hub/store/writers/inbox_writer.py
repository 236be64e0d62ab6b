"""The inbox writer: one transaction stores all waiting webhooks, and they are acknowledged after its commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Table

from hub.model.calls import InboxWebhook
from hub.store.engine import Store
from hub.store.writers.bulk import BulkInsert
from hub.store.writers.group_commit import GroupCommitter, WithoutDatabase

log = structlog.get_logger(__name__)
Row = dict[str, Any]
Written = Callable[[bool], None]
Job = tuple[Sequence[Row], Written]

MAX_BATCHES_PER_COMMIT = 500
COLUMNS = (
    "id", "connector", "event_key", "received_at", "method", "url", "headers", "body", "state", "due_at", "attempts",
    "expires_at",
)  # fmt: skip
"""Columns of a new row of the inbox; the others are not known yet."""

SPOOLED_AS = "inbox"
"""The kind of these rows in the spool."""


class Spooling(Protocol):
    """Where rows rest while the database is away (hub.spool)."""

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        """Keep rows; they are durable when this returns."""


class InboxWriter:
    """Groups waiting rows into one commit, in its own thread.

    `submit(rows, written)` queues rows of the inbox. `written(True)` is called after they are durable (a row whose
    (connector, event key) already exists counts as durable), `written(False)` if the database refused them. With a
    `spool`, they are durable there while the database is away.
    """

    def __init__(
        self, store: Store, after_commit: Callable[[], None] = lambda: None, spool: Spooling | None = None
    ) -> None:
        self._store, self._spool = store, spool
        self._after_commit = after_commit
        inbox: Table = InboxWebhook.__table__
        # After an unknown outcome both the id and the event may be there.
        self._insert = BulkInsert(inbox, COLUMNS, store.engine.dialect)
        self._group: GroupCommitter[Job, None] = GroupCommitter(
            "inbox",
            MAX_BATCHES_PER_COMMIT,
            self._write,
            self._acknowledge,
            self._refuse,
            count=lambda job: len(job[0]),
            without=WithoutDatabase(store.outage, self._set_aside) if spool is not None else None,
        )

    def submit(self, rows: Sequence[Row], written: Written) -> None:
        """Queue rows; returns at once."""
        self._group.submit((rows, written))

    def insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows in a transaction of the caller's, who calls `committed` after its commit."""
        self._insert.run(connection, rows)

    def committed(self) -> None:
        """New rows are there."""
        self._after_commit()

    def set_aside(self, rows: Sequence[Row]) -> None:
        """Keep rows in the spool; they are durable when this returns."""
        assert self._spool is not None
        self._spool.put(SPOOLED_AS, rows)

    def drain(self, rows: Sequence[Row]) -> None:
        """Write rows that were spooled; those that are there already stay unchanged."""
        with self._store.connected() as connection:
            self.insert(connection, rows)
        self._after_commit()

    def close(self) -> None:
        """Write the waiting rows, then end."""
        self._group.close()

    def _write(self, jobs: Sequence[Job]) -> None:
        rows = [row for job_rows, _ in jobs for row in job_rows]
        with self._store.connected() as connection:
            self.insert(connection, rows)

    def _set_aside(self, jobs: Sequence[Job]) -> None:
        self.set_aside([row for rows, _ in jobs for row in rows])
        for _, written in jobs:
            written(True)

    def _acknowledge(self, jobs: Sequence[Job], nothing: None) -> None:
        for _, written in jobs:
            written(True)
        self._after_commit()

    def _refuse(self, jobs: Sequence[Job], error: Exception) -> None:
        # The commit's outcome may be unknown. Not acknowledged, so the provider resends it or the call list shows it.
        log.error("inbox not written", rows=sum(len(rows) for rows, _ in jobs), error=type(error).__name__)
        for _, written in jobs:
            written(False)


@dataclass(eq=False, slots=True)
class UnstoredWebhook:
    """A verified webhook that is stored either with the answer to its call, in one transaction, or alone."""

    writer: InboxWriter
    row: Row
    ended: Written
    durable: bool = False

    def store(self) -> None:
        """Store it alone; returns at once."""
        self.writer.submit([self.row], self.written)

    def written(self, durable: bool) -> None:
        """Say what became of it."""
        self.durable = durable
        self.ended(durable)
