"""The one writer of the inbox: whatever webhooks wait are written in one transaction, and acknowledged after its commit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Table
from sqlalchemy.exc import InterfaceError, OperationalError

from hub import metrics
from hub.model.calls import InboxWebhook
from hub.store.bulk import BulkInsert
from hub.store.engine import Store

log = structlog.get_logger(__name__)
Row = dict[str, Any]
Written = Callable[[bool], None]

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
    """A thread that groups what is waiting into one commit.

    `submit(rows, written)` queues rows of the inbox; `written(True)` is called once they are durable (a row whose
    (connector, event key) is known already counts as durable), `written(False)` where the database refused them.
    """

    def __init__(self, store: Store, after_commit: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._after_commit = after_commit
        self._waiting: queue.SimpleQueue[tuple[Sequence[Row], Written] | None] = queue.SimpleQueue()
        inbox: Table = InboxWebhook.__table__  # type: ignore[attr-defined]
        self._insert = BulkInsert(inbox, COLUMNS, store.engine.dialect, unique=("connector", "event_key"))
        self._thread = threading.Thread(target=self._write, name="ingest", daemon=True)
        self._thread.start()

    def submit(self, rows: Sequence[Row], written: Written) -> None:
        """Queue rows; returns at once."""
        self._waiting.put((rows, written))

    def close(self) -> None:
        """Write what is waiting, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _write(self) -> None:
        ending = False
        while not ending:
            group = [self._waiting.get()]
            while len(group) < MOST_IN_ONE_COMMIT:
                try:
                    group.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            ending = None in group
            jobs = [job for job in group if job is not None]
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: Sequence[tuple[Sequence[Row], Written]]) -> None:
        rows = [row for job_rows, _ in jobs for row in job_rows]
        try:
            with self._store.connected() as connection:
                self._insert.run(connection, rows)
        except Exception as error:  # noqa: BLE001 - the writer must go on, or no webhook is ever acknowledged again
            if len(jobs) > 1 and not isinstance(error, OperationalError | InterfaceError):
                # The database is well and a row is not: the others must not be lost with it.
                for job in jobs:
                    self._commit([job])
                return
            # The commit's fate may be unknown: not acknowledged, so it comes again or is found in the call list.
            log.error("ingest failed", rows=len(rows), error=type(error).__name__)
            durable = False
        else:
            metrics.INGEST_BATCH.observe(len(rows))
            durable = True
        for _, written in jobs:
            written(durable)
        if durable:
            self._after_commit()
