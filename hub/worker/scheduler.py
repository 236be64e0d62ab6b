"""The ticker: APScheduler says when a connector's sync is due, and the due slot is written for the workers to claim."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from hub.config.schedule import Schedule, parse_schedule
from hub.hookspecs import SPECS
from hub.model import SyncSlot
from hub.platform.liveness import outages
from hub.runtime import Hub
from hub.store.rows import write_slot

log = structlog.get_logger(__name__)
SCHEDULED = tuple(spec.name for spec in SPECS.values() if spec.scheduled)
DROPS_REPORTED_EVERY = 60.0
"""Seconds between two log lines about dropped ticks."""
DEFAULT_SCHEDULE = parse_schedule("every 15 minutes")


def schedules(hub: Hub) -> dict[str, Schedule]:
    """The timetable of every connector that has something to sync; without `schedule:` it is every 15 minutes."""
    return {
        name: entry.common.schedule or DEFAULT_SCHEDULE
        for name, entry in hub.config.connectors.items()
        if any(hub.plugins.implements(name, hook) for hook in SCHEDULED)
    }


def tick(hub: Hub, connector: str, schedule: Schedule, written: datetime | None = None) -> datetime | None:
    """Write the newest slot that is due and not written yet; however many were missed, they are caught up once. `written`
    is the slot that this process wrote last, which saves a look for it."""
    now = hub.clock()
    if written is None or written > now:
        written = _last_slot(hub, connector, now)
    slot = schedule.latest_slot(now, after=written)
    if slot is not None:
        write_slot(hub.store, connector, slot, "schedule")
    return slot


def _last_slot(hub: Hub, connector: str, now: datetime) -> datetime | None:
    with hub.store.reading() as session:
        return session.exec(
            select(func.max(SyncSlot.due_at)).where(
                SyncSlot.connector == connector,
                col(SyncSlot.why) == "schedule",
                SyncSlot.due_at <= now,  # one from a clock that was ahead must not hold up all that follow
            )
        ).one()


class Ticker:
    """APScheduler with one in-memory job a connector; a job only writes a slot."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._dropped, self._told = 0, -DROPS_REPORTED_EVERY
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each dropped tick at length
        self._schedules = schedules(hub)
        self._written: dict[str, datetime] = {}
        self._scheduler: Any = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_listener(self._drop, EVENT_JOB_MAX_INSTANCES)
        for name, schedule in self._schedules.items():
            self._scheduler.add_job(
                self._tick,
                schedule.trigger(),
                args=(name,),
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Catch up what was missed while no hub ran, then tick."""
        self.catch_up()
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    def catch_up(self) -> None:
        """Write every slot that is due now. Workers call it too, so that a clock that jumps loses no slot."""
        for name in self._schedules:
            self._tick(name)

    def _drop(self, event: Any) -> None:
        """A tick was dropped because the one before it still runs; the next one writes its slot."""
        self._dropped += 1
        if time.monotonic() - self._told >= DROPS_REPORTED_EVERY:
            log.warning("ticks dropped; the hub is slow", connector=event.job_id, count=self._dropped)
            self._dropped, self._told = 0, time.monotonic()

    def _tick(self, connector: str) -> None:
        try:
            slot = tick(self._hub, connector, self._schedules[connector], self._written.get(connector))
        except SQLAlchemyError as error:
            if (more := outages.line(error)) is not None:
                log.warning("tick failed", connector=connector, error=type(error).__name__, **more)
        else:
            if slot is not None:
                self._written[connector] = slot
