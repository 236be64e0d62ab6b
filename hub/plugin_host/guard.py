"""Wraps every call into a plugin with a deadline, an error handler, a circuit breaker and a timer.

Each connector has three lanes, each with its own thread pool and breaker: verification, which every webhook needs; the
other hooks that answer from memory (a caller may be waiting); and hooks that use the network. So a provider that hangs
never delays an answer, and a hook that crashes never blocks webhooks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import wait as wait_for
from typing import Any, TypeVar

import structlog

from hub.errors import AuthError, PluginFailure, PluginTimeout, RetryLater, RingfenceError
from hub.hookspecs import SPECS
from hub.platform import metrics
from hub.platform.error_counts import COUNTS
from hub.platform.imports import past_import_deadlocks
from hub.plugin_host.circuit_breaker import CircuitBreaker
from hub.plugin_host.hook_manager import current_note
from hub.plugin_host.inspection.explained import crash_text
from hub.plugin_host.thread_pool import DaemonThreadPool, Task

Result = TypeVar("Result")
log = structlog.get_logger(__name__)

POOL_THREADS = 4
FAILURES = (PluginFailure, RetryLater)
LANES = ("verify", "local", "network")


def lane_of(hook: str) -> str:
    """The lane of a hook."""
    return "verify" if hook == "verify_webhook" else "network" if SPECS[hook].network else "local"


class Guard:
    """All calls into one connector go through here."""

    def __init__(
        self, name: str, monotonic: Callable[[], float] = time.monotonic, scrub: Callable[[str], str] = str
    ) -> None:
        self.name = name
        self._scrub = scrub
        self.breakers = {lane: CircuitBreaker(monotonic) for lane in LANES}
        self._pools: dict[str, DaemonThreadPool] = {}
        self._lock = threading.Lock()

    def call(self, hook: str, work: Callable[[], Result], deadline: float | None = None) -> Result:
        """The result of `work`, or an error of ours: RingfenceError as the plugin raised it, else PluginFailure."""
        return self.wait(hook, self.submit(hook, work), deadline)

    def submit(self, hook: str, work: Callable[[], Result]) -> Future[Result]:
        """Start `work` in the connector's own thread pool; CircuitOpen if its breaker is open."""
        lane = lane_of(hook)
        self.breakers[lane].admit(self.name)
        call: Task[Result] = Task()
        note = current_note()
        if note is not None:
            note(self.name, hook)
        self._pool(lane).submit(call, lambda: self._guarded(call, hook, lane, work))
        if note is not None:
            wait_for([call], SPECS[hook].deadline)
        return call

    def wait(self, hook: str, future: Future[Result], deadline: float | None = None) -> Result:
        """The result of a submitted call; PluginTimeout if the deadline (seconds) passes first."""
        limit = deadline if deadline is not None else SPECS[hook].deadline
        try:
            return future.result(timeout=limit)
        except FutureTimeout:
            if isinstance(future, Task):
                future.abandoned = True
            future.cancel()
            self.late(hook, limit)
            raise PluginTimeout(f"connector {self.name!r} did not answer {hook} within {limit:g} s.") from None

    def late(self, hook: str, limit: float) -> None:
        """Count a call that missed its deadline."""
        self.breakers[lane_of(hook)].record(False)
        metrics.HOOK_FAILURES.labels(self.name, hook, "timeout").inc()
        log.warning("hook late", connector=self.name, hook=hook, seconds=limit)

    def close(self) -> None:
        """Shut the thread pools down without waiting; a thread that hangs keeps running as a daemon."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, lane: str) -> DaemonThreadPool:
        with self._lock:
            if lane not in self._pools:
                self._pools[lane] = DaemonThreadPool(f"{self.name}-{lane}", POOL_THREADS)
            return self._pools[lane]

    def _guarded(self, call: Task[Result], hook: str, lane: str, work: Callable[[], Result]) -> Result:
        begun = time.perf_counter()
        try:
            result = work() if SPECS[hook].once else past_import_deadlocks(work)
        except RetryLater:
            self._count(call, lane, False)
            metrics.HOOK_FAILURES.labels(self.name, hook, "retry").inc()
            COUNTS.note("provider unavailable", self.name, hook)
            raise
        except RingfenceError as error:
            if isinstance(error, AuthError):
                COUNTS.note("credentials refused", self.name)
            self._count(call, lane, not isinstance(error, PluginFailure))
            metrics.HOOK_FAILURES.labels(self.name, hook, type(error).__name__).inc()
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            self._count(call, lane, False)
            metrics.HOOK_FAILURES.labels(self.name, hook, "crash").inc()
            how = self._scrub(crash_text(error))
            log.warning("hook crashed", connector=self.name, hook=hook, error=how)
            words = f"connector {self.name!r} crashed in {hook} ({how}); report it to the plugin's author."
        else:
            self._count(call, lane, not _all_failed(result))
            return result
        finally:
            metrics.HOOK_SECONDS.labels(self.name, hook).observe(time.perf_counter() - begun)
        raise PluginFailure(words)  # here, so that it does not hold the plugin's own error

    def _count(self, call: Task[Any], lane: str, succeeded: bool) -> None:
        """Count the outcome of a call, unless it was already counted as late."""
        if not call.abandoned:
            self.breakers[lane].record(succeeded)


def _all_failed(result: object) -> bool:
    """Whether a call that went through several items failed on every one of them."""
    return isinstance(result, list) and bool(result) and all(isinstance(each, FAILURES) for each in result)
