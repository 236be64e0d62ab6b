"""Group commit: all waiting jobs share one transaction, and each gets its result after the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from hub.platform import metrics
from hub.store.outage import DatabaseAway, Outage, is_away

log = structlog.get_logger(__name__)
Job = TypeVar("Job")
Written = TypeVar("Written")


@dataclass(frozen=True)
class WithoutDatabase(Generic[Job]):
    """What happens to jobs while the database is away."""

    outage: Outage
    aside: Callable[[list[Job]], None]
    """Answers the jobs without the database."""
    patience: float = 1.0
    """How many times the outage's patience a write may take: pages wait longer than ringing calls."""


@dataclass(eq=False)
class _Group(Generic[Job]):
    """Jobs that are being written by one thread; another one takes them over if that takes too long."""

    jobs: list[Job]
    ending: bool
    since: float = field(default_factory=time.monotonic)


class GroupCommitter(Generic[Job, Written]):
    """A thread that takes all waiting jobs, up to `most`, and writes them as one group.

    `write(jobs)` is one transaction; `done(jobs, its result)` is called after the commit. If `write` raises while the
    database is available, one job caused it, so each job is written alone to save the others. `failed(jobs, error)`
    gets the jobs that were not written, or possibly not written. `count` is the number of items in a job, for the
    metric's `queue`.

    With `without`, jobs that the database does not take are set aside. A thread whose write hangs is replaced: its jobs
    are set aside, and its outcome, which may come much later, no longer matters.
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
        without: WithoutDatabase[Job] | None = None,
    ) -> None:
        self._queue, self._most, self._write, self._done, self._failed = queue, most, write, done, failed
        self._count, self._sizes, self._without = count, metrics.BATCH_ITEMS.labels(queue), without
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._group: _Group[Job] | None = None
        self._name = thread or queue
        self._thread: threading.Thread
        self._begin(None)
        if without is not None:
            without.outage.watch(self)

    def submit(self, job: Job) -> None:
        """Queue a job; returns at once."""
        self._waiting.put(job)

    def close(self) -> None:
        """Write the waiting jobs, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def refuse_if_late(self) -> None:
        """For `write`, before its commit: DatabaseAway if another thread has taken over, so that nothing is written."""
        if threading.current_thread() is not self._thread:
            raise DatabaseAway

    def give_up_after(self, seconds: float) -> bool:
        """Let another thread set aside the jobs whose write has taken longer; whether it has."""
        patience = seconds * self._without.patience if self._without is not None else seconds
        with self._lock:
            group = self._group
            if group is None or time.monotonic() - group.since < patience:
                return False
            late, self._group = self._thread, None
            try:
                self._begin(group)
            except RuntimeError:  # the system gives no thread now; the next look tries again
                self._thread, self._group = late, group
                raise
        return True

    def _begin(self, late: _Group[Job] | None) -> None:
        self._thread = threading.Thread(target=self._serve, args=(late,), name=self._name, daemon=True)
        self._thread.start()

    def _serve(self, late: _Group[Job] | None) -> None:
        if late is not None:
            self._guarded(self._set_aside, late)
        ending = late is not None and late.ending
        while not ending and threading.current_thread() is self._thread:
            group = self._next()
            ending = group.ending
            if group.jobs:
                self._sizes.observe(sum(map(self._count, group.jobs)))
                self._guarded(self._commit, group)

    def _next(self) -> _Group[Job]:
        group = [self._waiting.get()]
        while len(group) < self._most:
            try:
                group.append(self._waiting.get_nowait())
            except Empty:
                break
        return _Group([job for job in group if job is not None], None in group)

    def _guarded(self, act: Callable[[_Group[Job]], None], group: _Group[Job]) -> None:
        try:
            act(group)
        except BaseException as error:  # noqa: BLE001 - without this thread no job is answered any more
            log.error("group commit failed", queue=self._queue, jobs=len(group.jobs), error=type(error).__name__)

    def _commit(self, group: _Group[Job]) -> None:
        if self._without is not None and self._without.outage.is_spooling:
            self._set_aside(group)
            return
        with self._lock:
            self._group = group
        try:
            written = self._write(group.jobs)
        except Exception as error:  # noqa: BLE001 - each of the jobs must get an answer
            if self._is_mine(group):
                self._refused(group, error)
            return
        if self._is_mine(group):
            self._done(group.jobs, written)

    def _is_mine(self, group: _Group[Job]) -> bool:
        """Whether this thread still answers for the group; then its write has ended."""
        with self._lock:
            mine = self._group is group
            if mine:
                self._group = None
            return mine

    def _refused(self, group: _Group[Job], error: Exception) -> None:
        if self._without is not None and is_away(error):
            self._without.outage.refused(error)
            self._set_aside(group)
        elif len(group.jobs) > 1 and not isinstance(error, OperationalError | InterfaceError):
            for job in group.jobs:
                self._commit(_Group([job], group.ending))
        else:
            self._failed(group.jobs, error)

    def _set_aside(self, group: _Group[Job]) -> None:
        assert self._without is not None
        try:
            self._without.aside(group.jobs)
        except Exception as error:  # noqa: BLE001 - each of the jobs must get an answer
            self._failed(group.jobs, error)
