"""Takes what was spooled to the main database, as soon as it answers again."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from hub.errors import RetryLater
from hub.platform import metrics
from hub.platform.liveness import Liveness
from hub.store.dialects import database_file, is_in_memory
from hub.store.engine import Store
from hub.store.outage import DatabaseAway, is_away, is_busy
from hub.store.spool.file import Row, Spool, Spooled

PROBE_SECONDS = 2


def probe(store: Store) -> None:
    """Return if the database takes writes; raise an error of its driver or DatabaseAway otherwise."""
    if is_in_memory(store.url):
        return
    if (file := database_file(store.url)) is not None:
        _probe_file(file)
        return
    engine = create_engine(store.url, poolclass=NullPool, connect_args={"connect_timeout": PROBE_SECONDS})
    with engine.connect() as connection:
        connection.execute(text(f"SET statement_timeout = {PROBE_SECONDS * 1_000}"))
        if connection.execute(text("SHOW transaction_read_only")).scalar() != "off":
            raise DatabaseAway
        connection.execute(text("SELECT version_num FROM alembic_version"))


def _probe_file(file: Path) -> None:
    address = f"{file.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=PROBE_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT version_num FROM alembic_version")
        connection.execute("ROLLBACK")


log = structlog.get_logger(__name__)
TURN_SECONDS = 1.0
RETRY_SECONDS = 3_600.0
FEW_ROWS = 100
MAX_ROWS = 2_000
"""Rows that are taken from the spool at a time; those of one kind are written together."""
MAX_FAILED = 100
"""If the first so many rows all fail alone too, the database is away."""
VISITS = "visit"
"""The kind that is written before the others, because a call and a form look for their visit."""
Drain = Callable[[Sequence[Row]], None]
"""Writes rows of one kind in one transaction. Those that the database has already must change nothing."""


class Drainer:
    """A thread of a process with a web edge. It looks once a second whether the database is there, and drains the spool from
    its oldest rows on, those of one kind of a batch together. One process of a machine drains at a time.

    The outage ends when few rows are left: until then what comes in is spooled too, so that it does not overtake what came
    before. The fold gives the same result in any order (tests/model/test_carriers_fold.py).
    """

    def __init__(self, store: Store, spool: Spool, drains: Mapping[str, Drain]) -> None:
        self._store, self._spool = store, spool
        self.drains: dict[str, Drain] = dict(drains)
        """How each kind of row is written; others may add theirs."""
        self.drained: Callable[[datetime, float], None] = lambda since, seconds: None
        """Called after each outage, with its beginning and length."""
        self.liveness = Liveness()
        """Counts its failures; that of the process's hub."""
        self._asked_at: float | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="spool", daemon=True)
        store.outage.watch(self)

    def start(self) -> None:
        """Look once a second from now on; rows that were refused are tried again each hour."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Look no more; what is spooled stays."""
        self._ending.set()

    def give_up_after(self, seconds: float) -> bool:
        """Whether the database has not answered this thread for longer: it is asked again only when it has."""
        asked_at = self._asked_at
        return asked_at is not None and time.monotonic() - asked_at > max(seconds, TURN_SECONDS)

    def look(self) -> int:
        """Look once; returns how many rows were taken to the database."""
        outage, taken = self._store.outage, 0
        if not outage.is_spooling and self._spool.is_empty():
            self._ask_quietly()
            return 0
        with self._spool.draining() as mine:
            try:
                probe(self._store)
                outage.readable = True
                if outage.is_first_sight_due:
                    pass  # the accounts of config.yaml are written first
                elif mine:
                    taken = self._drain()
                elif self._spool.state().waiting < FEW_ROWS:
                    self._end()
            except (SQLAlchemyError, sqlite3.Error, DatabaseAway) as error:
                outage.refused(error)
                # A file that is only held can be read, and so can a server that takes no writes.
                outage.readable = is_busy(error) or isinstance(error, DatabaseAway)
        self._show()
        return taken

    def _end(self) -> None:
        if (ended := self._store.outage.end()) is not None:
            self.drained(*ended)

    def _serve(self) -> None:
        retried_at = -RETRY_SECONDS
        while not self._ending.is_set():
            with self.liveness.trying("spool", TURN_SECONDS):  # without this thread nothing leaves the spool
                if time.monotonic() - retried_at >= RETRY_SECONDS:
                    retried_at = time.monotonic()
                    self._spool.retry_refused()
                self.look()
            self._ending.wait(TURN_SECONDS)

    def _ask_quietly(self) -> None:
        """Notice an outage before the next call does."""
        self._asked_at = time.monotonic()
        try:
            self._store.ping()
        except SQLAlchemyError as error:
            self._store.outage.refused(error)
        finally:
            self._asked_at = None

    def _drain(self) -> int:
        """Take all that waits to the database, in its order; returns how many rows."""
        begun, taken = time.monotonic(), 0
        while True:
            rows = self._spool.take(MAX_ROWS)
            if len(rows) < FEW_ROWS:
                self._end()
            if not rows:
                break
            by_kind: dict[str, list[Spooled]] = {VISITS: []}
            for each in rows:
                by_kind.setdefault(each.kind, []).append(each)
            for kind, together in by_kind.items():
                for some in self._written(kind, together) if together else ():
                    self._spool.drop([each.id for each in some])
                    taken += len(some)
            self._show()
        if taken:
            log.info("the spool was drained", rows=taken, seconds=round(time.monotonic() - begun, 1))
        return taken

    def _written(self, kind: str, rows: list[Spooled]) -> Iterator[list[Spooled]]:
        """The rows that the database has now. One that it refuses while it takes others is set aside."""
        drain = self.drains.get(kind)
        if drain is None:
            for each in rows:
                self._spool.refuse(each.id, f"nothing writes rows of the kind {kind}")
            return
        try:
            drain([each.row for each in rows])
        except Exception as error:  # noqa: BLE001 - a row that cannot be written is set aside
            if is_away(error):
                probe(self._store)
                yield from self._one_by_one(drain, rows, error)
                return
            if len(rows) == 1 and isinstance(error, RetryLater):
                self._spool.wait(rows[0].id, str(error))
                return
            if len(rows) == 1:
                self._spool.refuse(rows[0].id, type(error).__name__)
                return
            half = len(rows) // 2
            yield from self._written(kind, rows[:half])
            yield from self._written(kind, rows[half:])
        else:
            yield rows

    def _one_by_one(self, drain: Drain, rows: list[Spooled], error: Exception) -> Iterator[list[Spooled]]:
        """The rows that are written alone, after an error that says nothing against any of them. If some are, the others are
        set aside, so that one row never holds up all that come after it; if none is, the database is away, and all stay."""
        failed: list[tuple[int, str]] = []
        written = 0
        for each in rows:
            if not written and len(failed) == MAX_FAILED:
                raise error
            try:
                drain([each.row])
            except Exception as why:  # noqa: BLE001 - the same
                probe(self._store)
                failed.append((each.id, type(why).__name__))
            else:
                written += 1
                yield [each]
        if not written:
            raise error
        for row_id, name in failed:
            self._spool.refuse(row_id, name)

    def _show(self) -> None:
        state = self._spool.state()
        metrics.SPOOLED.labels("waiting").set(state.waiting)
        metrics.SPOOLED.labels("refused").set(state.refused)
        metrics.SPOOL_AGE.set(state.oldest or 0)
