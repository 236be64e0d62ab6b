"""The hub of a process: takes a new configuration without losing a request, a job or a count."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import structlog

from hub.alerts.report_mails import Printer
from hub.config.models import Config
from hub.platform.liveness import report_failure
from hub.reload.differences import RESTART
from hub.serving.switch import Edge, EdgeSwitch, Generation
from hub.startup.opening import Opened, follow
from hub.worker import Worker

log = structlog.get_logger(__name__)
REQUEST_SECONDS = 60.0
"""Seconds that a request to the former hub may still take."""
WORK_SECONDS = 600.0
"""Seconds that the former worker may still take for what it holds; then others claim it."""
MAX_FORMER = 8
"""Former hubs that may still be ending; a newer version waits for one of them, so that many changes do not fill the memory."""
SETTLE_SECONDS = 0.5
"""A request that chose the former hub has begun within this time."""


class RunningHub:
    """The current generation, and the former ones that still finish."""

    def __init__(
        self,
        opened: Opened,
        version: int,
        *,
        make_edge: Callable[[Opened], Edge] | None,
        working: bool,
        wake: threading.Event | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_edge, self._working, self._wake = make_edge, working, wake
        self._taking = threading.Lock()
        self._taken = threading.Condition()
        self._former: dict[Generation, threading.Thread] = {}
        opened.hub.plugins.warm()
        self.current = Generation(opened, version, make_edge(opened) if make_edge else None)
        if self.current.edge is not None:
            self.current.edge.start()
        self.app = EdgeSwitch(lambda: self.current, closing)

    @property
    def version(self) -> int:
        """The number of the version that it runs."""
        return self.current.version

    @property
    def has_too_many(self) -> bool:
        """Whether so many former hubs are still ending that a newer version waits."""
        return len(self._former) >= MAX_FORMER

    @property
    def database_is_away(self) -> bool:
        """Whether it is known that the database does not answer now."""
        return self.current.opened.hub.store.outage.since is not None

    def start_worker(self) -> None:
        """Start to work, in a process that does."""
        if self._working:
            self.current.worker = self._worker(self.current.opened)

    def take(self, config: Config, version: int) -> None:
        """Run another configuration. New requests go to its hub at once, and its worker starts at once; the former hub ends
        when its requests have been answered and its work is done. ConfigError if the hub cannot be made; then nothing
        has changed."""
        with self._taking:
            before = self.current
            opened = follow(before.opened, with_start_settings(config, before.opened.hub.config))
            opened.hub.plugins.warm()
            edge = self._make_edge(opened) if self._make_edge else None
            if edge is not None:
                edge.start()
            generation = Generation(opened, version, edge)
            if before.worker is not None:
                before.worker.begin_stop()
                generation.worker = self._worker(opened)
            with self._taken:
                self.current = generation
                self._taken.notify_all()
            if before.edge is not None:
                before.edge.retire()
            ending = threading.Thread(target=self._end, args=(before,), name="former hub", daemon=True)
            self._former[before] = ending
            ending.start()

    def wait_for(self, version: int, seconds: float) -> bool:
        """Wait until it runs this version or a newer one."""
        with self._taken:
            return self._taken.wait_for(lambda: self.version >= version, seconds)

    def close(self, seconds: float = 20.0) -> None:
        """Stop all work within `seconds`."""
        until = time.monotonic() + seconds
        if self.current.worker is not None:
            self.current.worker.stop(seconds)
        for ending in list(self._former.values()):
            ending.join(max(0.0, until - time.monotonic()))
        self.current.opened.hub.retire()

    def _worker(self, opened: Opened) -> Worker:
        worker = Worker(opened.hub, opened.directory, self._wake, load_printer)
        worker.start()
        return worker

    def _end(self, generation: Generation) -> None:
        """End a former generation; whatever fails, the current one is not touched."""
        try:
            self._finish(generation)
        except BaseException as error:  # noqa: BLE001 - it has been replaced already
            report_failure("former hub", error)
        finally:
            self._former.pop(generation, None)

    def _finish(self, generation: Generation) -> None:
        time.sleep(SETTLE_SECONDS)
        until = time.monotonic() + REQUEST_SECONDS
        while generation.requests and time.monotonic() < until:
            time.sleep(0.1)
        if generation.edge is not None:
            generation.edge.close()
        if generation.worker is not None:
            generation.worker.stop(WORK_SECONDS)
        with self._taking:
            living = [each for each in (self.current, *self._former) if each is not generation]
            kept = {name for each in living for name in sandboxed(each.opened.hub.config)}
            generation.opened.sandboxes.keep_only(kept)
        generation.opened.hub.retire()
        log.info("the former configuration has ended", version=generation.version)


def load_printer() -> Printer:
    """How reports for emails are printed; the pages are loaded with the first alert that goes by email."""
    found: Printer = import_module("hub.web.pages.reports.printed").PRINTER
    return found


def sandboxed(config: Config) -> set[str]:
    """The connectors that run in their sandboxes."""
    return {name for name, entry in config.connectors.items() if entry.in_sandbox}


def with_start_settings(config: Config, before: Config) -> Config:
    """A configuration with the settings that a process keeps until it is started again."""
    kept = {str(path[-1]): getattr(before.hub, str(path[-1])) for path in RESTART}
    return replace(config, hub=config.hub.model_copy(update=kept))
