"""A process that started without its database takes up its normal work as soon as the database is there."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import RingfenceError
from hub.numbers.accounts import write_accounts
from hub.platform.liveness import report_failure
from hub.reload import ConfigFile
from hub.serving.running_hub import RunningHub
from hub.startup.opening import make_ready

log = structlog.get_logger(__name__)
TURN_SECONDS = 1.0


class Arrival:
    """A thread. It tries once a second what every other process does at its start, and ends when that is done: the schema is
    migrated, the newest config.yaml is taken, and the worker starts, if the process has one."""

    def __init__(self, file: ConfigFile, running: RunningHub, then: Callable[[], None]) -> None:
        self._file, self._running, self._then = file, running, then
        self._ending = threading.Event()
        self._told = ""
        self._thread = threading.Thread(target=self._wait, name="arrival", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def stop(self) -> None:
        """Wait no more."""
        self._ending.set()

    def try_now(self) -> bool:
        """Whether the process works normally from now on."""
        hub = self._running.current.opened.hub
        try:
            make_ready(hub)
            number, text = self._file.start()
            config = self._file.check(text)
            with hub.store.writing() as session:
                write_accounts(session, config, hub.clock())
            self._running.take(config, number)
        except SQLAlchemyError:
            return False
        except RingfenceError as error:
            if str(error) != self._told:
                self._told = str(error)
                log.error("the database is there, but this process cannot work with it", why=self._told)
            return False
        self._running.start_worker()
        self._then()
        log.info("the database has come; this process works normally", version=number)
        return True

    def _wait(self) -> None:
        while not self._ending.is_set():
            try:
                if self.try_now():
                    return
            except BaseException as error:  # noqa: BLE001 - it is tried again
                report_failure("arrival", error)
            self._ending.wait(TURN_SECONDS)
