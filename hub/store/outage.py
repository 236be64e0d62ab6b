"""Whether the main database is away, as the writers of this process see it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol
from weakref import WeakSet

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.platform.metrics import DATABASE_AWAY

PATIENCE_SECONDS = 0.5
"""How long a commit may take while a caller waits: half of the time in which a ringing call is answered."""
FILE_PATIENCE_SECONDS = 3.0
"""The same for SQLite: a file does not go away quietly, and on a busy machine a write may be slow."""
WATCH_SECONDS = 0.1
SLOW = "a write takes too long"
"""Why an outage began whose database may be there: slow, or frozen."""


class Watched(Protocol):
    """Work on the database that must not hang."""

    def give_up_after(self, seconds: float) -> bool:
        """Go on without the database if the present work has taken longer; whether it has."""


class Outage:
    """Thread-safe. It begins when a write fails or hangs, and ends when the database has taken what was spooled."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self.since: datetime | None = None
        self._lock = threading.Lock()
        self._watched: WeakSet[Watched] = WeakSet()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def seconds(self) -> float:
        """How long it has lasted; 0 if the database is there."""
        since = self.since
        return (datetime.now(UTC) - since).total_seconds() if since else 0.0

    def begin(self, why: str) -> None:
        """The database did not take a write, or did not answer."""
        with self._lock:
            if self.since is not None:
                return
            self.since = datetime.now(UTC)
        _report(1)
        log = structlog.get_logger(__name__)
        if why == SLOW:
            log.warning("a write takes too long; what comes in is spooled meanwhile")
        else:
            log.error("the database is away; what comes in is spooled", why=why)

    def end(self) -> tuple[datetime, float] | None:
        """The database takes writes again; since when it was away, and for how many seconds."""
        with self._lock:
            seconds, since, self.since = self.seconds, self.since, None
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
        if late:
            self.begin(SLOW)

    def _watch(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            self.look()


def _report(away: int) -> None:
    DATABASE_AWAY.set(away)


class DatabaseAway(Exception):
    """The database did not answer in time, and its caller has gone on without it."""


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used now, and nothing against the rows that were written."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, PoolTimeout | DatabaseAway)
