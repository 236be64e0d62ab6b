"""The one writer of the inbox: whatever webhooks wait are written in one transaction, and acknowledged after its commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Table

from hub import metrics
from hub.model.calls import InboxWebhook
from hub.store.bulk import BulkInsert
from hub.store.engine import Store
from hub.store.grouping import GroupWriter

log = structlog.get_logger(__name__)
Row = dict[str, Any]
Written = Callable[[bool], None]
Job = tuple[Sequence[Row], Written]

MOST_IN_ONE_COMMIT = 500
COLUMNS = (
    "id",
    "connector",
    "event_key",
    "received_at",
    "method",
    "url",
    "headers",
    "body",
    "state",
    "due_at",
    "attempts",
    "expires_at",
)
"""Of a row of the inbox as it comes in; the others are not known yet."""


class IngestWriter:
    """Groups the rows that are waiting into one commit, in a thread of its own.

    `submit(rows, written)` queues rows of the inbox; `written(True)` is called once they are durable (a row whose
    (connector, event key) is known already counts as durable), `written(False)` where the database refused them.
    """

    def __init__(self, store: Store, after_commit: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._after_commit = after_commit
        inbox: Table = InboxWebhook.__table__  # type: ignore[attr-defined]
        self._insert = BulkInsert(inbox, COLUMNS, store.engine.dialect, unique=("connector", "event_key"))
        self._group: GroupWriter[Job, int] = GroupWriter(
            "ingest", MOST_IN_ONE_COMMIT, self._write, self._acknowledge, self._refuse
        )

    def submit(self, rows: Sequence[Row], written: Written) -> None:
        """Queue rows; returns at once."""
        self._group.submit((rows, written))

    def close(self) -> None:
        """Write what is waiting, then end."""
        self._group.close()

    def _write(self, jobs: Sequence[Job]) -> int:
        rows = [row for job_rows, _ in jobs for row in job_rows]
        with self._store.connected() as connection:
            self._insert.run(connection, rows)
        return len(rows)

    def _acknowledge(self, jobs: Sequence[Job], rows: int) -> None:
        metrics.INGEST_BATCH.observe(rows)
        for _, written in jobs:
            written(True)
        self._after_commit()

    def _refuse(self, jobs: Sequence[Job], error: Exception) -> None:
        # The commit's fate may be unknown: not acknowledged, so it comes again or is found in the call list.
        log.error("ingest failed", rows=sum(len(rows) for rows, _ in jobs), error=type(error).__name__)
        for _, written in jobs:
            written(False)
