"""One commit for all that waits: jobs that come at the same time share a transaction, and each is told after it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

Job = TypeVar("Job")
Written = TypeVar("Written")


class GroupWriter(Generic[Job, Written]):
    """A thread that takes whatever waits, up to `most` jobs, and writes it as one group.

    `write(jobs)` is one transaction, and `done(jobs, what it gave)` follows its commit. Where it raises while the database
    is well, one job is to blame, so each is written alone: the others must not be lost with it. `failed(jobs, error)` tells
    what was not written, or not surely.
    """

    def __init__(
        self,
        name: str,
        most: int,
        write: Callable[[list[Job]], Written],
        done: Callable[[list[Job], Written], None],
        failed: Callable[[list[Job], Exception], None],
    ) -> None:
        self._most, self._write, self._done, self._failed = most, write, done, failed
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; returns at once."""
        self._waiting.put(job)

    def close(self) -> None:
        """Write what waits, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        ending = False
        while not ending:
            group = [self._waiting.get()]
            while len(group) < self._most:
                try:
                    group.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            ending = None in group
            jobs = [job for job in group if job is not None]
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[Job]) -> None:
        try:
            written = self._write(jobs)
        except Exception as error:  # noqa: BLE001 - the thread must go on, or nobody is ever answered again
            if len(jobs) > 1 and not isinstance(error, OperationalError | InterfaceError):
                for job in jobs:
                    self._commit([job])
            else:
                self._failed(jobs, error)
            return
        self._done(jobs, written)
