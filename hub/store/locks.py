"""Gates: what must not happen at the same time to one person passes one by one, in every process of the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub.store.engine import Store
from hub.store.file_locks import enter, rooms_of

FILES = 256
"""Gates of one SQLite database; several names may share one."""


@contextmanager
def hold_locks(store: Store, names: Collection[str], seconds: float, shared: Collection[str] = ()) -> Iterator[bool]:
    """Hold the gates of `names` alone, and those of `shared` together with others that share them, while the block runs.

    False where one was not free within `seconds`: then none is held. Whoever waits for a gate alone is not overtaken by
    those that come later to share it. Pass before a writing session is opened, and all gates at once: never within a
    session, never within another passing. PostgreSQL keeps the gates by advisory locks; beside an SQLite file they are
    locked files. They open by themselves when their holder dies.
    """
    with ExitStack() as stack:
        wanted = dict.fromkeys(shared, False) | dict.fromkeys(names, True)
        hold = _hold_files if store.is_sqlite else _hold_in_database
        yield not wanted or hold(store, stack, wanted, seconds)


def _hold_files(store: Store, stack: ExitStack, wanted: dict[str, bool], seconds: float) -> bool:
    alone: dict[int, bool] = {}
    for name, exclusive in wanted.items():
        alone[_number(name) % FILES] = exclusive or alone.get(_number(name) % FILES, False)
    rooms = rooms_of(store.url.database)
    with ExitStack() as taken:
        for number in sorted(alone):  # in one order everywhere, so that no two wait for each other
            if not enter(rooms, number, taken, exclusive=alone[number], seconds=seconds):
                return False
        stack.enter_context(taken.pop_all())
        return True


def _hold_in_database(store: Store, stack: ExitStack, wanted: dict[str, bool], seconds: float) -> bool:
    with ExitStack() as taken:
        connection = taken.enter_context(store.engine.connect())  # its end rolls back, and that opens the gates
        connection.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 1000)}"))
        try:
            for name in sorted(wanted):
                lock = "pg_advisory_xact_lock" if wanted[name] else "pg_advisory_xact_lock_shared"
                connection.execute(text(f"SELECT {lock}(:gate)"), {"gate": _number(name)})
        except OperationalError:
            return False
        stack.enter_context(taken.pop_all())
        return True


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
