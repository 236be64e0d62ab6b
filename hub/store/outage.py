"""Whether the main database is slow or away, as the writers of this process see it.

A write that takes too long is set aside: its rows go to the spool, and so does what comes in after it, until the database takes
writes again. A server whose write hangs counts as away at once, because it may be frozen. A file does not go away quietly: it
is slow, and everything goes on but for the spool, unless no write succeeds for `LOST_AFTER_SECONDS`, or an error says more.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from weakref import WeakSet

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.platform.liveness import report_failure
from hub.platform.metrics import DATABASE_AWAY

PATIENCE_SECONDS = 0.5
"""How long a commit may take while a caller waits: half of the time in which a ringing call is answered."""
FILE_PATIENCE_SECONDS = 3.0
"""The same for SQLite: a file does not go away quietly, and on a busy machine a write may be slow."""
LOST_AFTER_SECONDS = 10.0
"""A file that takes no write for so long counts as away, until it does."""
BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
DAMAGED_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
REPAIR = (
    "stop the hub, move the file and those named after it with -wal and -shm to another folder, restore the newest backup "
    "(`hub restore`, see `hub docs backup#restore`) and start the hub; what came in is in the spool and is stored then"
)
"""What a person does about a damaged file."""
WATCH_SECONDS = 0.1
SLOW = "a write takes too long"
"""Why an outage began whose database may be there: slow, or frozen."""


class Watched(Protocol):
    """Work on the database that must not hang."""

    def give_up_after(self, seconds: float) -> bool:
        """Go on without the database if the present work has taken longer; whether it has."""


class Outage:
    """Thread-safe. It begins when a write fails or hangs, and ends when the database has taken what was spooled."""

    def __init__(
        self,
        patience: float = PATIENCE_SECONDS,
        *,
        of_file: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience, self._of_file, self._monotonic = patience, of_file, monotonic
        self.since: datetime | None = None
        self.slow = False
        """Whether nobody knows more than that writes take too long."""
        self.readable = False
        """Whether the database can be read meanwhile."""
        self.damaged = False
        """Whether it is a file that is damaged: only a person can end that."""
        self.is_first_sight_due = False
        """Whether this process started without the database and has not worked with it yet: then nothing is drained."""
        self._slow_from: float | None = None
        self._begun_at = float("-inf")
        self._lock = threading.Lock()
        self._watched: WeakSet[Watched] = WeakSet()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_spooling(self) -> bool:
        """Whether what comes in goes to the spool: the database is away, or a write hangs."""
        return self.since is not None or self._slow_from is not None

    @property
    def seconds(self) -> float:
        """How long it has lasted; 0 if the database is there. The machine's clock may be set back meanwhile."""
        return self._monotonic() - self._begun_at if self.since else 0.0

    def begin(self, why: str) -> None:
        """The database did not take a write, or did not answer."""
        with self._lock:
            if self.since is not None:
                return
            self.since, self.slow, self._begun_at = datetime.now(UTC), why == SLOW, self._monotonic()
            self.readable = self.slow and self._of_file
        _report(1)
        log = structlog.get_logger(__name__)
        if self.slow:
            log.warning("a write takes too long; what comes in is spooled meanwhile")
        else:
            log.error("the database is away; what comes in is spooled", why=why)

    def slowed(self) -> None:
        """A write takes too long, and the database has refused nothing."""
        with self._lock:
            now = self._monotonic()
            if self._slow_from is None:
                self._slow_from = now
            lost = not self._of_file or now - self._slow_from >= LOST_AFTER_SECONDS
        if lost:
            self.begin(SLOW)

    def refused(self, error: BaseException) -> None:
        """A write has failed with an error that says nothing against its rows."""
        if self._of_file and is_busy(error):
            self.slowed()
            return
        self.damaged = is_damaged(error)
        self.begin(f"its file is damaged: {REPAIR}" if self.damaged else type(error).__name__)

    def end(self) -> tuple[datetime, float] | None:
        """The database takes writes again; since when it was away, and for how many seconds."""
        with self._lock:
            seconds, since, self.since = self.seconds, self.since, None
            self.slow, self._slow_from, self.damaged = False, None, False
        if since is None:
            return None
        _report(0)
        structlog.get_logger(__name__).info(
            "the database takes writes again", away_since=since.isoformat(timespec="seconds"), seconds=round(seconds, 1)
        )
        return since, seconds

    def watch(self, work: Watched) -> None:
        """Check from now on that `work` does not hang."""
        with self._lock:
            self._watched.add(work)

    def start(self) -> None:
        """Look at all work ten times a second."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="database watch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._ending.set()

    def look(self) -> None:
        """Look at all work once."""
        with self._lock:
            watched = list(self._watched)
        late = [each for each in watched if each.give_up_after(self.patience)]
        if late or self._slow_from is not None:
            self.slowed()

    def _watch(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - without this thread a frozen database holds every caller
                report_failure("database watch", error)


def _report(away: int) -> None:
    DATABASE_AWAY.set(away)


class DatabaseAway(Exception):
    """The database did not answer in time, and its caller has gone on without it."""


def is_busy(error: BaseException) -> bool:
    """Whether a file was only held by somebody else for too long."""
    return _sqlite_code(error) in BUSY_CODES


def is_damaged(error: BaseException) -> bool:
    """Whether the file of the database is damaged, or none."""
    return _sqlite_code(error) in DAMAGED_CODES


def _sqlite_code(error: BaseException) -> int | None:
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used now, and nothing against the rows that were written."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, PoolTimeout | DatabaseAway)
