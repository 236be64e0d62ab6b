"""Watches config.yaml and the table of its versions, and lets the process take what is new."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import ConfigError, RingfenceError
from hub.model.states import ConfigHow
from hub.reload import ConfigFile
from hub.serving.presence import Presence
from hub.serving.running_hub import RunningHub

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0
TRY_AGAIN_SECONDS = 60.0
"""Seconds until this process tries a version again that it could not take: the file or port that it lacked may be there."""
APPLY_SECONDS = 10.0
"""Seconds that a page waits after an edit until this process runs it."""
WAKE_SECONDS = 0.2
STILL_ENDING = "Earlier versions still end what they do here; this process takes the newest when one of them has ended."
Stamp = tuple[int, int, int]


class Watcher:
    """A thread. Every second it looks at the file and at the newest version; a signal or an applied edit wakes it at
    once."""

    def __init__(
        self,
        file: ConfigFile,
        running: RunningHub,
        presence: Presence,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._running, self._presence, self._clock = file, running, presence, clock
        self._awake, self._reread, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._handled = self._settling = self._stamp()
        self._failed: int | None = None
        self._tried_at = 0.0
        self._thread = threading.Thread(target=self._watch, name="config.yaml", daemon=True)
        file.applied = self.applied

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; what is being taken is taken."""
        self._stopping.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join(APPLY_SECONDS)
        if not self._running.database_is_away:
            with contextlib.suppress(SQLAlchemyError):
                self._presence.end()

    def reread(self) -> None:
        """Take the file again at once, even if its text is the same: the files and variables that it names may differ."""
        self._reread.set()
        self._awake.set()

    def applied(self, number: int) -> None:
        """A version was applied in this process: take it at once, and wait until it runs."""
        self._awake.set()
        until = time.monotonic() + APPLY_SECONDS
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return
        while time.monotonic() < until:
            if self._running.wait_for(number, WAKE_SECONDS) or self._failed == number:
                return

    def _watch(self) -> None:
        while not self._stopping.is_set():
            with self._running.current.opened.hub.liveness.trying("config.yaml", POLL_SECONDS):
                if not self._running.database_is_away:
                    self.look()
            self._awake.wait(POLL_SECONDS)
            self._awake.clear()

    def look(self) -> None:
        """Look once."""
        again = self._reread.is_set()
        if again or self._has_changed():
            self._reread.clear()
            self._take_file(again)
        self._follow()
        self._running.current.opened.hub.plugins.refresh_recordings()
        self._presence.beat()

    def _has_changed(self) -> bool:
        """Whether the file was changed and has been at rest since the last look, so that it is not half written."""
        stamp = self._stamp()
        if stamp is None or stamp == self._handled:
            return False
        if stamp != self._settling:
            self._settling = stamp
            return False
        return True

    def _take_file(self, again: bool) -> None:
        stamp = self._stamp()
        try:
            row = self._file.take(ConfigHow.FILE, again=again)
        except ConfigError as error:
            count = len(error.problems)
            log.error(
                "config.yaml has problems and was not taken; the version before it goes on",
                problems=count,
                first=str(error.problems[0]) if count else str(error),
                version=self._running.version,
            )
        else:
            if row is not None:
                log.info("config.yaml was changed", version=row.number, changed=row.note)
        self._handled = stamp

    def _follow(self) -> None:
        number = self._file.newest_number()
        if number is None or number == self._running.version:
            return
        if number == self._failed and self._clock() - self._tried_at < TRY_AGAIN_SECONDS:
            return
        if self._running.has_too_many:
            self._presence.trouble = STILL_ENDING
            return
        try:
            self._running.take(self._file.check(self._file.text_of(number)), number)
        except RingfenceError as error:
            first = next((str(each) for each in getattr(error, "problems", ())), str(error))
            if (number, first) != (self._failed, self._presence.trouble):
                log.error("this process cannot take a version of config.yaml", version=number, why=first)
            self._failed, self._tried_at, self._presence.trouble = number, self._clock(), first
        else:
            self._failed, self._presence.trouble = None, ""
            log.info("a version of config.yaml was taken", version=number)

    def _stamp(self) -> Stamp | None:
        try:
            found = self._file.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
