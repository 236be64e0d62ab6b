"""A sync's timetable: `every 15 minutes` or a cron line, and the slots that it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.config.spans import parse_span

LOOK_BACKS = tuple(timedelta(days=days) for days in (0.1, 1, 32, 400, 4_000))
"""How far back a cron line's newest slot is looked for, step by step: after a long rest, a slot a minute would be many."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either an interval whose slots are counted from the epoch, so that all nodes agree on them, or a cron line in UTC."""

    text: str
    every: timedelta | None = None

    def trigger(self) -> Any:
        """The APScheduler trigger that fires at the slots."""
        if self.every is not None:
            from apscheduler.triggers.interval import IntervalTrigger

            epoch = datetime(1970, 1, 1, tzinfo=UTC)
            return IntervalTrigger(seconds=int(self.every.total_seconds()), start_date=epoch, timezone=UTC)
        from apscheduler.triggers.cron import CronTrigger

        return CronTrigger.from_crontab(self.text, timezone=UTC)

    def latest_slot(self, now: datetime, after: datetime | None = None) -> datetime | None:
        """The newest slot at or before `now`, and later than `after`; None where there is none.

        However many slots were missed, the newest stands for them all: they are caught up once.
        """
        if self.every is not None:
            seconds = self.every.total_seconds()
            slot = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
            return slot if after is None or slot > after else None
        begin = after or now - timedelta(days=1)
        for look_back in LOOK_BACKS:
            newest = self._newest(max(begin, now - look_back), now)
            if newest is not None or now - look_back <= begin:
                return newest
        return None

    def _newest(self, begin: datetime, now: datetime) -> datetime | None:
        trigger = self.trigger()
        newest: datetime | None = None
        candidate = begin
        while True:
            fired = trigger.get_next_fire_time(candidate, candidate + timedelta(microseconds=1))
            if fired is None or fired > now:
                return newest
            newest = candidate = fired.astimezone(UTC)


def parse_schedule(value: object) -> Schedule:
    """`every 15 minutes` or a five-field cron line as a Schedule; ValueError says what was wanted."""
    if isinstance(value, Schedule):
        return value
    text = str(value).strip()
    try:
        if text.startswith("every "):
            every = parse_span(text.removeprefix("every ").strip())
            if every < timedelta(seconds=1):
                raise ValueError("too short")
            return Schedule(text, every)
        schedule = Schedule(text)
        schedule.trigger()
        return schedule
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a schedule; write it like `every 15 minutes` or as a cron line like `*/15 * * * *`"
        ) from error
