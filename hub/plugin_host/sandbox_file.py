"""The SQLite file of one stand-in's state: who writes to it waits for the others, and a kill leaves what was there before."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hub.errors import ConfigError

FORMAT = 1
LOCK_SECONDS = 60.0
"""How long a process waits for another one that is serving a request of the same stand-in."""
SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entry (
    place TEXT NOT NULL, name TEXT NOT NULL, value TEXT, version INTEGER NOT NULL, PRIMARY KEY (place, name)
);
CREATE INDEX IF NOT EXISTS entry_version ON entry (version);
PRAGMA user_version = {FORMAT};
COMMIT;
"""
PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "trusted_schema = OFF")

Row = tuple[str, str, str | None]
"""The place of a container, a name in it, and the value; None if it was removed."""


class StateFile:
    """The rows of one file, each with the version that wrote it last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def opening(self) -> Iterator[None]:
        """No other process opens a file of this folder or puts one aside; ConfigError if that is not possible here."""
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def open(self) -> None:
        """Connect, and make the table of a new file; ValueError or sqlite3.DatabaseError if the file is not ours."""
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = connection = sqlite3.connect(
                self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
            for each in PRAGMAS:
                connection.execute(f"PRAGMA {each}")
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if found not in (0, FORMAT) or (found == 0 and tables):
                raise ValueError(f"format {found}")
            if found == 0:
                connection.executescript(SCHEMA)
        except OSError as error:
            raise self._unusable(error.strerror) from error
        except sqlite3.OperationalError as error:
            raise self._unusable(str(error)) from error

    def put_aside(self) -> Path:
        """Give the file another name, which is returned."""
        self.close()
        aside = self.path.with_name(f"{self.path.name}.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        for end in ("-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        self.path.rename(aside)
        return aside

    def _unusable(self, reason: str | None) -> ConfigError:
        return ConfigError(
            f"{self.path}, which keeps what a sandbox holds, cannot be used ({reason}); allow the hub's user to write there."
        )

    def begin(self) -> None:
        """Wait until no other process is between `begin` and `end`."""
        self._open_connection().execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        """Store what was written."""
        self._open_connection().execute("COMMIT")

    def undo(self) -> None:
        """Store nothing."""
        self._open_connection().execute("ROLLBACK")

    def since(self, version: int) -> tuple[int, list[Row]]:
        """The file's version, and what was written after `version`: outer places first, in the order of their first writing."""
        found = (
            self._open_connection()
            .execute(
                "SELECT place, name, value, version FROM entry WHERE version > ? ORDER BY length(place), rowid",
                (version,),
            )
            .fetchall()
        )
        return max((row[3] for row in found), default=version), [row[:3] for row in found]

    def write(self, rows: Iterable[Row], version: int) -> None:
        """Write rows under a new version."""
        self._open_connection().executemany(
            "INSERT INTO entry (place, name, value, version) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (place, name) DO UPDATE SET value = excluded.value, version = excluded.version",
            [(*row, version) for row in rows],
        )

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the sandbox has stopped")
        return self._connection
