"""Read-write locks: `flock` files beside an SQLite database, or locks within this process.

Not fasteners: it uses fcntl's record locks, which a process owns as a whole, so two threads could both hold one exclusively.
Not filelock: its read-write lock makes an SQLite database for each lock.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hub.platform.private_files import open_private

try:
    import fcntl
except ImportError:  # on Windows, where one process works on one SQLite file
    fcntl = None  # type: ignore[assignment]

TICK = 0.005
_here: dict[str, ReadWriteLock] = {}
_guard = threading.Lock()


class ReadWriteLock:
    """A read-write lock within one process; a waiting writer blocks new readers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        """-1: held by a writer."""
        self._waiting = 0

    def acquire(self, *, exclusive: bool, seconds: float) -> bool:
        """Whether the lock was acquired."""
        with self._changed:
            self._waiting += exclusive
            free = self._changed.wait_for(lambda: self._is_free(exclusive), seconds)
            self._waiting -= exclusive
            if free:
                self._inside = -1 if exclusive else self._inside + 1
            self._changed.notify_all()
            return free

    def release(self) -> None:
        """Release the lock."""
        with self._changed:
            self._inside = 0 if self._inside < 0 else self._inside - 1
            self._changed.notify_all()

    def _is_free(self, exclusive: bool) -> bool:
        return self._inside == 0 if exclusive else self._inside >= 0 and self._waiting == 0


def lock_folder_of(database: str | None) -> Path | str:
    """Where the locks of an SQLite database are: a folder beside its file, or a name in this process."""
    if fcntl is None or not database or database == ":memory:" or database.startswith("file:"):
        return database or ":memory:"
    folder = Path(database).with_name(f".{Path(database).name}.locks")
    folder.mkdir(exist_ok=True)
    return folder


def acquire_lock(folder: Path | str, number: int, stack: ExitStack, *, exclusive: bool, seconds: float) -> bool:
    """Hold one lock until `stack` closes; False if it was not free in time."""
    if isinstance(folder, Path):
        return _lock(folder / f"{number:03}", stack, exclusive, seconds)
    with _guard:
        lock = _here.setdefault(f"{folder}|{number}", ReadWriteLock())
    if lock.acquire(exclusive=exclusive, seconds=seconds):
        stack.callback(lock.release)
        return True
    return False


def _lock(file: Path, stack: ExitStack, exclusive: bool, seconds: float) -> bool:
    """Take the `.writer` lock first: while a writer holds it and waits, no new reader gets in."""
    until = time.monotonic() + seconds
    how = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    with ExitStack() as waiting:
        writer = _opened(file.with_suffix(".writer"), waiting)
        with ExitStack() as taken:
            if not _wait(writer, how, until) or not _wait(_opened(file, taken), how, until):
                return False
            stack.enter_context(taken.pop_all())
            return True


def _opened(file: Path, stack: ExitStack) -> int:
    descriptor = open_private(file, os.O_RDWR)
    stack.callback(os.close, descriptor)  # which releases the lock too
    return descriptor


def _wait(descriptor: int, how: Any, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(TICK)
        else:
            return True
