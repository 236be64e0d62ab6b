"""Group commit: all waiting jobs share one transaction, and each gets its result after the commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from hub import metrics

log = structlog.get_logger(__name__)
Job = TypeVar("Job")
Written = TypeVar("Written")


class GroupCommitter(Generic[Job, Written]):
    """A thread that takes all waiting jobs, up to `most`, and writes them as one group.

    `write(jobs)` is one transaction; `done(jobs, its result)` is called after the commit. If `write` raises while the
    database is available, one job caused it, so each job is written alone to save the others. `failed(jobs, error)`
    gets the jobs that were not written, or possibly not written. `count` is the number of items in a job, for the
    metric's `queue`.
    """

    def __init__(
        self,
        queue: str,
        most: int,
        write: Callable[[list[Job]], Written],
        done: Callable[[list[Job], Written], None],
        failed: Callable[[list[Job], Exception], None],
        *,
        count: Callable[[Job], int] = lambda job: 1,
        thread: str | None = None,
    ) -> None:
        self._queue, self._most, self._write, self._done, self._failed = queue, most, write, done, failed
        self._count, self._sizes = count, metrics.BATCH_ITEMS.labels(queue)
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=thread or queue, daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; returns at once."""
        self._waiting.put(job)

    def close(self) -> None:
        """Write the waiting jobs, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        ending = False
        while not ending:
            group = [self._waiting.get()]
            while len(group) < self._most:
                try:
                    group.append(self._waiting.get_nowait())
                except Empty:
                    break
            ending = None in group
            jobs = [job for job in group if job is not None]
            if jobs:
                self._sizes.observe(sum(map(self._count, jobs)))
                try:
                    self._commit(jobs)
                except BaseException as error:  # noqa: BLE001 - without this thread no job is answered any more
                    log.error("group commit failed", queue=self._queue, jobs=len(jobs), error=type(error).__name__)

    def _commit(self, jobs: list[Job]) -> None:
        try:
            written = self._write(jobs)
        except Exception as error:  # noqa: BLE001 - each of the jobs must get an answer
            if len(jobs) > 1 and not isinstance(error, OperationalError | InterfaceError):
                for job in jobs:
                    self._commit([job])
            else:
                self._failed(jobs, error)
            return
        self._done(jobs, written)
