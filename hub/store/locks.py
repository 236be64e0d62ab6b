"""Per-person locks across all processes of the hub: advisory locks on PostgreSQL, lock files beside SQLite."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from hub.platform.private_files import open_private
from hub.store.engine import Store

LOCK_FILES = 256
"""Lock files of one SQLite database; several names may share one."""


class TransactionLock(IntEnum):
    """What one process at a time does, by the number of PostgreSQL's advisory lock."""

    MIGRATION = 7_246_001
    ACCOUNTS = 7_246_002
    """Writing accounts, and versions of config.yaml."""
    ROLL_UPS = 7_246_003
    """Writing roll-ups: two writers may change the same months."""
    CLAIMS = 7_246_004
    """Claims of what only one process handles at a time."""
    QUEUES = 7_246_005
    """The turns of callers who wait for agents."""


def lock_transaction(bind: Session | Connection, lock: TransactionLock) -> None:
    """Wait until no other transaction holds the lock, and hold it until this one ends. On SQLite a transaction that writes
    is alone already."""
    dialect = bind.get_bind().dialect if isinstance(bind, Session) else bind.dialect
    if dialect.name != "sqlite":
        bind.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int(lock)})


@contextmanager
def hold_locks(store: Store, names: Collection[str], seconds: float, shared: Collection[str] = ()) -> Iterator[bool]:
    """Hold the locks of `names` exclusively and those of `shared` together with others, while the block runs.

    Yields False if one was not free within `seconds`; then none is held. A waiting exclusive lock blocks new shared locks.
    Acquire all locks in one call, before a writing session is opened: never within a session, never nested. PostgreSQL uses
    advisory locks; an SQLite file has lock files beside it. Both are released automatically when their holder dies.
    """
    with ExitStack() as stack:
        wanted = dict.fromkeys(shared, False) | dict.fromkeys(names, True)
        hold = _hold_files if store.is_sqlite else _hold_in_database
        yield not wanted or hold(store, stack, wanted, seconds)


def _hold_files(store: Store, stack: ExitStack, wanted: dict[str, bool], seconds: float) -> bool:
    alone: dict[int, bool] = {}
    for name, exclusive in wanted.items():
        alone[_number(name) % LOCK_FILES] = exclusive or alone.get(_number(name) % LOCK_FILES, False)
    folder = lock_folder_of(store.url.database)
    with ExitStack() as taken:
        for number in sorted(alone):  # always in the same order, to prevent deadlocks
            if not acquire_lock(folder, number, taken, exclusive=alone[number], seconds=seconds):
                return False
        stack.enter_context(taken.pop_all())
        return True


def _hold_in_database(store: Store, stack: ExitStack, wanted: dict[str, bool], seconds: float) -> bool:
    with ExitStack() as taken:
        connection = taken.enter_context(store.engine.connect())  # its end rolls back, which releases the locks
        connection.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 1000)}"))
        try:
            for name in sorted(wanted):
                lock = "pg_advisory_xact_lock" if wanted[name] else "pg_advisory_xact_lock_shared"
                connection.execute(text(f"SELECT {lock}(:key)"), {"key": _number(name)})
        except OperationalError:
            return False
        stack.enter_context(taken.pop_all())
        return True


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


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
