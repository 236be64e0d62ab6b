"""The spool's file: an SQLite database of its own, in which rows rest until the main database takes them."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from hub.config.models import HubSection
from hub.errors import ConfigError
from hub.platform.private_files import open_private
from hub.store.dialects import beside
from hub.store.encryption.keyring import Keyring
from hub.store.engine import switch_to_wal
from hub.store.spool.values import dumped, loaded

log = structlog.get_logger(__name__)
Row = dict[str, Any]
BUSY_SECONDS = 5
MAX_TAKEN_BYTES = 16_000_000
"""Bytes of rows that are read at a time."""
TABLE = """CREATE TABLE IF NOT EXISTS spooled (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at REAL NOT NULL, payload BLOB NOT NULL, refused TEXT)"""
WAITING = "SELECT 1 FROM spooled WHERE refused IS NULL LIMIT 1"
CLEAR = b"clear:"
"""Before a payload of a hub that has no keys; a key's id is hexadecimal."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """One row of the spool."""

    id: int
    kind: str
    row: Row


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What waits in the spool, and what the main database refused."""

    waiting: int = 0
    oldest: float | None = None
    """Seconds since the oldest waiting row came."""
    refused: int = 0


class Spool:
    """One file for all processes of a hub on a machine; it is made when something is spooled for the first time. Without a
    file it is in memory. Payloads are encrypted if the hub has a key."""

    def __init__(self, file: Path | None, keyring: Keyring) -> None:
        self.file, self._keyring = file, keyring
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._waited: set[int] = set()
        """The rows set aside of which the log has said that they wait."""

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        """Keep rows; they are durable when this returns. sqlite3.Error if they cannot be kept."""
        values = [(kind, time.time(), self._sealed(kind, row)) for row in rows]
        with self._connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO spooled (kind, at, payload) VALUES (?, ?, ?)", values)

    def is_empty(self) -> bool:
        """Whether nothing waits. A file that cannot be read counts as empty: then rows go to the main database."""
        if not self._exists():
            return True
        try:
            with self._connection() as connection:
                return connection.execute(WAITING).fetchone() is None
        except sqlite3.Error as error:
            log.error("the spool cannot be read", error=type(error).__name__)
            return True

    def is_writable(self) -> bool:
        """Whether the file can be written, or made, as far as its rights say."""
        if self.file is None:
            return True
        return os.access(self.file if self.file.exists() else self.file.parent, os.W_OK)

    def state(self) -> SpoolState:
        """How much waits, for people."""
        if not self._exists():
            return SpoolState()
        count = "SELECT count(*) FILTER (WHERE refused IS NULL), min(at) FILTER (WHERE refused IS NULL), count(refused)"
        with self._connection() as connection:
            waiting, first, refused = connection.execute(f"{count} FROM spooled").fetchone()
        return SpoolState(waiting, None if first is None else max(0.0, time.time() - first), refused)

    def take(self, limit: int) -> list[Spooled]:
        """The oldest rows that wait; they stay until `drop`. Rows that no key decrypts are set aside."""
        if not self._exists():
            return []
        taken: list[Spooled] = []
        size = 0
        query = "SELECT id, kind, payload FROM spooled WHERE refused IS NULL ORDER BY id LIMIT ?"
        with self._connection() as connection:
            for row_id, kind, payload in connection.execute(query, (limit,)).fetchall():
                size += len(payload)
                if taken and size > MAX_TAKEN_BYTES:
                    break
                try:
                    taken.append(Spooled(row_id, kind, self._plain(kind, payload)))
                except (ConfigError, ValueError) as error:
                    self.refuse(row_id, type(error).__name__)
        return taken

    def drop(self, ids: Sequence[int]) -> None:
        """Forget rows that are in the main database; the last one leaves nothing in the file."""
        with self._connection() as connection:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM spooled WHERE id = ?", [(each,) for each in ids])
            self._waited.difference_update(ids)
            if connection.execute(WAITING).fetchone() is None:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def refuse(self, row_id: int, why: str) -> None:
        """Set a row aside that the main database does not take while it takes others."""
        log.error("a spooled row was set aside", why=why)
        self._set_aside(row_id, why)

    def wait(self, row_id: int, why: str) -> None:
        """Set a row aside whose time has not come. It is tried again with those that were refused; the log says so one time."""
        if row_id not in self._waited:
            self._waited.add(row_id)
            log.warning("a spooled row waits, and is tried again each hour", why=why)
        self._set_aside(row_id, why)

    def _set_aside(self, row_id: int, why: str) -> None:
        with self._connection() as connection, connection:
            connection.execute("UPDATE spooled SET refused = ? WHERE id = ?", (why, row_id))

    def retry_refused(self) -> int:
        """Let all rows wait again that were set aside; how many."""
        if not self._exists():
            return 0
        with self._connection() as connection, connection:
            return connection.execute("UPDATE spooled SET refused = NULL WHERE refused IS NOT NULL").rowcount

    @contextmanager
    def draining(self) -> Iterator[bool]:
        """Whether this process may drain now; one does at a time."""
        if self.file is None:
            yield True
            return
        descriptor = open_private(self.file.with_name(f"{self.file.name}.lock"), os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened is not None and self.file is not None:
                self._opened.close()
                self._opened = None

    def _exists(self) -> bool:
        return self._opened is not None or (self.file is not None and self.file.exists())

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            yield self._opened

    def _open(self) -> sqlite3.Connection:
        if self.file is not None:
            os.close(open_private(self.file, os.O_RDWR))
        connection = sqlite3.connect(
            self.file or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA auto_vacuum=FULL")  # a file that was drained gets small again
        switch_to_wal(connection.cursor())
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(TABLE)
        return connection

    def _sealed(self, kind: str, row: Row) -> bytes:
        plain = dumped(row)
        return self._keyring.encrypt(plain, _where(kind)) if self._keyring else CLEAR + plain

    def _plain(self, kind: str, payload: bytes) -> Row:
        if payload.startswith(CLEAR):
            return loaded(payload.removeprefix(CLEAR))
        return loaded(self._keyring.decrypt(payload, _where(kind)))


def spool_file(hub: HubSection, config_file: Path | None) -> Path | None:
    """Where the spool of a hub is: `hub: spool:`, else beside an SQLite database, else beside config.yaml. None for a database
    in memory."""
    if hub.spool:
        return Path(hub.spool)
    place = beside(hub.database, config_file)
    return Path(f"{place}.spool") if place else None


def _where(kind: str) -> str:
    return f"spool/{kind}"
