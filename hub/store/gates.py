"""Gates: what must not happen at the same time to one person passes one by one, in every process of the hub."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub.store.engine import Store

_held: dict[str, threading.Lock] = {}
_guard = threading.Lock()


@contextmanager
def passing(store: Store, names: Collection[str], seconds: float) -> Iterator[bool]:
    """Hold the gates of `names` while the block runs; False where one was not free within `seconds`: then none is held.

    Pass before a writing session is opened, never within one. PostgreSQL keeps the gates for all processes; on SQLite, where
    one process works, they are locks of that process. Gates open by themselves when their holder dies.
    """
    with ExitStack() as stack:
        wanted = sorted(set(names))  # in one order everywhere, so that no two wait for each other
        hold = _hold_here if store.is_sqlite else _hold_in_database
        yield not wanted or hold(store, stack, wanted, seconds)


def _hold_here(store: Store, stack: ExitStack, names: Collection[str], seconds: float) -> bool:
    with ExitStack() as taken:
        for name in names:
            with _guard:
                lock = _held.setdefault(f"{store.url.database}|{name}", threading.Lock())
            if not lock.acquire(timeout=seconds):
                return False
            taken.callback(lock.release)
        stack.enter_context(taken.pop_all())
        return True


def _hold_in_database(store: Store, stack: ExitStack, names: Collection[str], seconds: float) -> bool:
    with ExitStack() as taken:
        connection = taken.enter_context(store.engine.connect())  # its end rolls back, and that opens the gates
        connection.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 1000)}"))
        try:
            for name in names:
                connection.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": _number(name)})
        except OperationalError:
            return False
        stack.enter_context(taken.pop_all())
        return True


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
