"""Liveness: when each worker thread of this process last turned, when each periodic job last succeeded, and what fails."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from hub.errors import place_of
from hub.platform import metrics

log = structlog.get_logger(__name__)
LINE_EVERY_SECONDS = 60.0
TURN_LIMIT_SECONDS = 600.0
"""A worker thread that has not turned for longer than this is stuck."""


@dataclass(frozen=True)
class Failures:
    """How often a job or a thread has failed since its last success, and the class of the last error."""

    count: int = 0
    error: str = ""


NONE = Failures()


@dataclass(frozen=True)
class JobAge:
    """A periodic job: its interval, seconds since its last success (None: none since the start), failures since then."""

    every: float
    succeeded: float | None
    failed: Failures


class Liveness:
    """Thread-safe; `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._turned: dict[str, float] = {}
        self._limits: dict[str, float] = {}
        self._succeeded: dict[str, float] = {}
        self._every: dict[str, float] = {}
        self._failures: dict[str, Failures] = {}
        self._proven: set[str] = set()
        """The jobs that have succeeded since the start."""

    def expect_turns(self, thread: str, limit: float = TURN_LIMIT_SECONDS) -> None:
        """Count the age of a thread from now on; it is stuck when it has not turned for `limit` seconds."""
        with self._lock:
            self._turned[thread], self._limits[thread] = self._monotonic(), limit

    def turned(self, thread: str) -> None:
        """The thread begins another turn of its loop."""
        with self._lock:
            self._turned[thread] = self._monotonic()

    def expect_success(self, job: str, every: float = 0.0) -> None:
        """Count the age of a job from now on, until it succeeds for the first time; `every` is its interval in seconds."""
        with self._lock:
            self._succeeded[job], self._every[job] = self._monotonic(), every

    def succeeded(self, job: str) -> None:
        """The job has ended without an error."""
        with self._lock:
            self._succeeded[job] = self._monotonic()
            self._failures.pop(job, None)
            self._proven.add(job)

    def recovered(self, thread: str) -> None:
        """The thread has ended a turn without an error."""
        if self._failures:
            with self._lock:
                self._failures.pop(thread, None)

    def failed(self, task: str, error: BaseException) -> None:
        """The job, or the turn of a thread, has ended with an error."""
        with self._lock:
            before = self._failures.get(task, NONE)
            self._failures[task] = Failures(before.count + 1, type(error).__name__)

    @contextlib.contextmanager
    def trying(self, job: str, every: float) -> Iterator[None]:
        """Run one attempt of a job that a thread repeats each `every` seconds. An error is reported and counted, and not
        raised: the thread goes on."""
        with self._lock:
            if job not in self._every:
                self._succeeded[job], self._every[job] = self._monotonic(), every
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - the thread goes on
            report_failure(job, error)
            self.failed(job, error)
        else:
            self.succeeded(job)

    def forget(self) -> None:
        """The worker was stopped: expect nothing more."""
        with self._lock:
            self._turned.clear()
            self._limits.clear()
            self._succeeded.clear()
            self._every.clear()
            self._failures.clear()
            self._proven.clear()

    def thread_ages(self) -> dict[str, float]:
        """Seconds since the last turn of each worker thread."""
        with self._lock:
            now = self._monotonic()
            return {thread: now - at for thread, at in self._turned.items()}

    def job_ages(self) -> dict[str, float]:
        """Seconds since the last success of each periodic job; since the start if it has not succeeded yet."""
        with self._lock:
            now = self._monotonic()
            return {job: now - at for job, at in self._succeeded.items()}

    def jobs(self) -> dict[str, JobAge]:
        """Each periodic job with its interval."""
        with self._lock:
            now = self._monotonic()
            return {
                job: JobAge(
                    every, now - self._succeeded[job] if job in self._proven else None, self._failures.get(job, NONE)
                )
                for job, every in self._every.items()
            }

    def thread_failures(self) -> dict[str, Failures]:
        """The failures in a row of each worker thread."""
        with self._lock:
            return {thread: self._failures.get(thread, NONE) for thread in self._turned}

    def thread_limits(self) -> dict[str, float]:
        """How many seconds each worker thread may take for one turn."""
        with self._lock:
            return dict(self._limits)

    def stuck(self) -> list[str]:
        """The threads that have not turned for longer than their limit."""
        ages = self.thread_ages()
        return sorted(thread for thread, limit in self._limits.items() if ages.get(thread, 0.0) > limit)


class Outages:
    """Errors of the database come from every task at once while it is away: one line a minute says so."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._lock = monotonic, threading.Lock()
        self._said_at, self._left_out = -LINE_EVERY_SECONDS, 0

    def line(self, error: BaseException) -> dict[str, int] | None:
        """What a line about an error says besides, or None if it is left out."""
        if not type(error).__module__.startswith("sqlalchemy."):
            return {}
        with self._lock:
            now = self._monotonic()
            if now - self._said_at < LINE_EVERY_SECONDS:
                self._left_out += 1
                return None
            left_out, self._said_at, self._left_out = self._left_out, now, 0
        return {"more_left_out": left_out} if left_out else {}


outages = Outages()


def report_failure(task: str, error: BaseException) -> None:
    """Count and log what ended a task of a thread that goes on. It never raises, and the error's text is never logged."""
    with contextlib.suppress(Exception):  # a full disk may refuse the log too
        metrics.TASK_FAILURES.labels(task, type(error).__name__).inc()
        if (more := outages.line(error)) is not None:
            log.error("task failed", task=task, error=type(error).__name__, at=place_of(error), **more)
