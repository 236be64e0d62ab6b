"""Per-person locks across all processes of the hub: advisory locks on PostgreSQL, lock files beside SQLite."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from enum import IntEnum

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from hub.store.engine import Store
from hub.store.file_locks import acquire_lock, lock_folder_of

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
