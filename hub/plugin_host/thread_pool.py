"""A pool of daemon threads: a thread that hangs does not keep the process from ending."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from hub.platform.liveness import report_failure

Result = TypeVar("Result")


class Task(Future[Result], Generic[Result]):
    """A running call. `abandoned` is set when its deadline has passed and nobody waits for it any more."""

    abandoned = False


_at_work = threading.local()


def is_abandoned() -> bool:
    """Whether nobody waits any more for the result of this pool thread."""
    return bool(getattr(getattr(_at_work, "call", None), "abandoned", False))


class DaemonThreadPool:
    """Up to `max_threads` daemon threads, started on demand.

    The standard library's executor waits for its threads when the process ends, so a hanging plugin would block it.
    """

    def __init__(self, name: str, max_threads: int) -> None:
        self._name, self._max_threads = name, max_threads
        self._jobs: queue.SimpleQueue[tuple[Future[object], Callable[[], object]] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._threads = 0
        self._closed = False

    def submit(self, call: Future[Result], work: Callable[[], Result]) -> None:
        """Run `work`; its result or error becomes that of `call`. RuntimeError if it is closed, or has no thread and the
        system gives none; then the work is not queued."""
        with self._lock:
            if self._closed:
                raise RuntimeError(f"the thread pool {self._name} is closed")
            self._jobs.put((call, work))  # type: ignore[arg-type]
            if not self._idle.acquire(blocking=False) and self._threads < self._max_threads:
                self._add_thread()

    def _add_thread(self) -> None:
        try:
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads + 1}", daemon=True).start()
        except RuntimeError:  # the others do the work, and the next call tries again
            if not self._threads:
                self._jobs.get_nowait()
                raise
        else:
            self._threads += 1

    def close(self) -> None:
        """Cancel calls that have not started; running calls may finish, but are not waited for."""
        with self._lock:
            self._closed = True
            while not self._jobs.empty():
                job = self._jobs.get()
                if job is not None:
                    job[0].cancel()
            self._jobs.put(None)

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                self._idle.release()
                job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                return
            try:
                self._do(*job)
            except BaseException as error:  # noqa: BLE001 - what a call's callbacks raise must not end the thread
                report_failure(f"calls of {self._name}", error)
            _at_work.call = None
            del job

    @staticmethod
    def _do(call: Future[object], work: Callable[[], object]) -> None:
        if call.set_running_or_notify_cancel():
            _at_work.call = call
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - the error is raised in the thread that waits for the call
                call.set_exception(error)
            else:
                call.set_result(result)
