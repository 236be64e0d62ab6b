"""One day over a SIP line: a hub with its own worker, in real time, and the gateway beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from hub.config.callflow.definition import Schedule
from hub.config.edit import REMOVED, Change, edited
from hub.config.models import Config
from hub.errors import ConfigError
from hub.model import SyncSlot
from hub.model.states import WorkState
from hub.proof.demo.ledger import unfinished
from hub.proof.demo.line.settings import Ports
from hub.proof.demo.past import serving
from hub.serving.companions import Companions
from hub.serving.process import open_process
from hub.startup.opening import Opened
from hub.store.rows import write_slot
from hub.worker.scheduler import schedules

QUIET_WITHIN = 90.0
"""Seconds after the last call within which all work must be done."""
ALL_WEEK = {"mon-sun": "0:00-24:00"}


def always_open(text: str, config: Config) -> str:
    """The text of `config` with every schedule of its call flows open all week; one that cannot be edited stays as it is."""
    for change in _changes(config):
        with suppress(ConfigError):
            text = edited(text, [change])
    return text


def _changes(config: Config) -> Iterator[Change]:
    for section in config.accounts:
        for company in section.companies:
            for flow in company.flows:
                place = ("accounts", section.name, "companies", company.name, "flows", flow.name, "steps")
                for name, step in flow.steps.items():
                    if isinstance(step, Schedule):
                        yield Change((*place, name, "hours"), ALL_WEEK)
                        if step.holidays is not None:
                            yield Change((*place, name, "holidays"), REMOVED)
                        if step.dates:
                            yield Change((*place, name, "dates"), REMOVED)


@contextmanager
def play_day(
    path: Path, loaded: Config, line: Ports, prepare: Callable[[Opened, str], None]
) -> Iterator[tuple[Opened, str]]:
    """Run the web edge and the worker in threads, and the gateway of the line beside them; the hub, and the address that the
    edge serves on. `prepare` is called with both before the worker begins."""
    with (
        open_process(path, loaded, "run", sandbox=True, alone=True) as process,
        serving(process.running.app, loaded.hub.listen) as address,
    ):
        prepare(process.opened, address)
        process.begin()
        beside = Companions(lambda: process.running.current.opened.hub)
        beside.start()
        try:
            yield process.opened, address
        finally:
            beside.stop(end_them=True)


def work_off(opened: Opened) -> None:
    """Wait until nothing is left of the day: all work is done, and a sync of every connector after that brings no more."""
    hub, request = opened.hub, None
    until = time.monotonic() + QUIET_WITHIN
    while time.monotonic() < until:
        synced = request is not None and not _is_syncing(opened, request)
        if unfinished(hub):
            request = None
        elif synced:
            break
        elif request is None:
            request = hub.clock()
            for connector in schedules(hub):
                write_slot(hub.store, connector, request, "command")
        time.sleep(0.2)


def _is_syncing(opened: Opened, until: datetime) -> bool:
    """Whether a sync that was due at `until` or before has not ended."""
    open_slots = select(SyncSlot.id).where(SyncSlot.due_at <= until, col(SyncSlot.state) != WorkState.DONE)
    with opened.hub.store.reading() as session:
        return session.exec(open_slots).first() is not None
