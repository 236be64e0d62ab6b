"""A heartbeat: a running worker keeps its claimed rows; after it dies, others take them within 20 seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError

from hub.model.columns import Work
from hub.model.states import WorkState
from hub.platform.liveness import Liveness
from hub.plugin_host.hook_manager import traced
from hub.store.claims import LEASE
from hub.store.engine import Store
from hub.store.quarantine.deaths import disown, is_suspect, note_hook

HEARTBEAT_SECONDS = 5.0
"""Seconds between two heartbeats."""


class Heartbeat:
    """One thread that extends the leases of this process."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        every: float = HEARTBEAT_SECONDS,
        liveness: Liveness | None = None,
    ) -> None:
        self._store, self._clock, self._every, self._liveness = store, clock, every, liveness or Liveness()
        self._tokens: dict[str, type[Work]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, table: type[Work], token: str) -> Iterator[None]:
        """Extend the lease of the rows that `token` holds while the block runs. For a row that processes have died of,
        the row also says which hook began last."""
        with self._lock:
            self._tokens[token] = table
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            with traced(partial(note_hook, self._store, token)) if is_suspect(self._store, token) else nullcontext():
                yield
        finally:
            with self._lock:
                self._tokens.pop(token, None)

    def close(self) -> None:
        """Stop the heartbeat. The process ends in good order: its unfinished work does not count as a death."""
        self._ending.set()
        with self._lock:
            held = dict(self._tokens)
        for token, table in held.items():
            with suppress(SQLAlchemyError):  # with a token, only the count of deaths is one too high
                disown(self._store, table, token)

    def _beat(self) -> None:
        while not self._ending.wait(self._every):
            with self._lock:
                held = dict(self._tokens)
            for token, table in held.items():
                # Without a beat, others take what this process is doing.
                with self._liveness.trying("heartbeat", self._every), self._store.writing() as session:
                    session.connection().execute(_extended(table), {"by": token, "until": self._clock() + LEASE})
            if not held:
                self._liveness.succeeded("heartbeat")


@cache
def _extended(table: type[Work]) -> Any:
    columns = table.__table__.c
    held = columns.lease_token == bindparam("by"), columns.state == WorkState.LEASED
    return update(table.__table__).where(*held).values(lease_until=bindparam("until"))
