"""One process of the hub, put together: the version that it starts with, what it serves, and its watcher."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.alerts.hub_trouble import note_trouble
from hub.config.loading import read_text
from hub.config.models import Config, HubSection
from hub.errors import RingfenceError
from hub.numbers.accounts import write_accounts
from hub.numbers.directory_copy import copy_of, directory_of
from hub.platform.clock import Clock, utc_now
from hub.platform.liveness import report_failure
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.reload import ConfigFile
from hub.serving.presence import Presence
from hub.serving.running_hub import RunningHub
from hub.serving.switch import Edge, OperationEdge
from hub.serving.watcher import Watcher
from hub.startup.database import open_store
from hub.startup.opening import Opened, make_ready, open_hub
from hub.store.dialects import database_file
from hub.store.engine import NoDatabase

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
            hub.store.outage.is_first_sight_due = False
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


log = structlog.get_logger(__name__)
Role = Literal["run", "web", "worker"]


@dataclass(frozen=True)
class HubProcess:
    """A process that is ready to begin."""

    opened: Opened
    """The hub that it starts with."""
    running: RunningHub
    watcher: Watcher
    holds_reserve: bool = True
    """Whether it watches the disk and holds a reserve of it."""
    arrival: Arrival | None = None
    """Waits for the database, if it was away at the start."""

    @property
    def current(self) -> HubSection:
        """The settings of the hub that it runs now."""
        return self.running.current.opened.hub.config.hub

    def begin(self) -> None:
        """Work, if this process does, and watch the disk and changes of the configuration."""
        if self.holds_reserve:
            self.opened.hub.disk.start(lambda since: note_trouble(self.running.current.opened.hub, "disk_full", since))
        if self.arrival is not None:
            self.arrival.start()
            return
        self.running.start_worker()
        self.watcher.start()


@contextmanager
def open_process(
    path: Path,
    loaded: Config,
    role: Role,
    *,
    sandbox: bool = False,
    operation: bool = False,
    alone: bool = False,
    clock: Clock | None = None,
    sandboxes: RunningSandboxes | None = None,
) -> Iterator[HubProcess]:
    """The process of a config.yaml that was read as `loaded`; at its end all work is stopped. `operation` serves the health
    checks of a worker; `alone`, `clock` and `sandboxes` are as in `open_hub`. A hub for a try-out holds no reserve of disk
    space.

    While the database is away, the process starts with the copy of the directory on this machine, or if it has never seen the
    server of its database, with what config.yaml says; a worker does not, because it would have nothing to do.
    """
    copied = None
    try:
        number, config = _version_to_run(path, loaded, sandbox)
    except NoDatabase as error:
        if role == "worker":
            raise
        copied = copy_of(loaded.hub, path).directory()
        if copied is None:
            if database_file(loaded.hub.database) is not None:
                raise
            copied = directory_of(loaded, (clock or utc_now)())
        number, config = 0, loaded
        log.error("started without the database; calls are answered and kept", why=str(error))
    with open_hub(config, clock, sandboxes, alone=alone, copied=copied) as opened:
        broken = {name for name, entry in config.connectors.items() if entry.broken}
        for name in broken:
            log.error("a plugin cannot be used", connector=name, reason=config.connectors[name].broken)
        may_break = broken.__contains__
        file = ConfigFile(path, opened.hub.store, opened.hub.clock, sandbox=sandbox, may_break=may_break)
        wake = threading.Event()
        make_edge, closing = _edges(opened, role, file, wake, operation)
        running = RunningHub(opened, number, make_edge=make_edge, working=role != "web", wake=wake, closing=closing)
        watcher = Watcher(file, running, Presence(running, role))
        arrival = Arrival(file, running, watcher.start) if copied is not None else None
        try:
            yield HubProcess(opened, running, watcher, not (alone or sandbox), arrival)
        finally:
            if arrival is not None:
                arrival.stop()
            opened.hub.disk.stop()
            watcher.stop()
            running.close()


def _edges(
    opened: Opened, role: Role, file: ConfigFile, wake: threading.Event, operation: bool
) -> tuple[Callable[[Opened], Edge] | None, Callable[[], None]]:
    """How the edge of each hub is made, and what is closed after the last one."""
    if role == "worker":
        return (lambda each: OperationEdge(each.hub)) if operation else None, lambda: None
    from hub.web.app import WebEdge, WebProcess

    process = WebProcess(opened.hub, wake if role == "run" else None, file)
    return lambda each: WebEdge(each.hub, each.directory, process), process.close


def _version_to_run(path: Path, loaded: Config, sandbox: bool) -> tuple[int, Config]:
    """The version that a starting process runs: what the file holds, unless this copy of it is old."""
    with open_store(loaded) as store:
        file = ConfigFile(path, store, utc_now, sandbox=sandbox)
        number, text = file.start()
        return number, loaded if text == read_text(path) else file.check(text)
