"""The schedule of a sync: `every 15 minutes` or a cron line, and its slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError

from hub.config.durations import parse_span

RECENT_PERIOD = timedelta(days=1)
"""Maximum age of the newest slot of a cron line if no slot was written before."""


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
        return _cron_trigger(self.text)

    def latest_slot(self, now: datetime, after: datetime | None = None) -> datetime | None:
        """The newest slot at or before `now`, and later than `after`; None if there is none.

        After several missed slots only the newest is returned: one run makes up for all of them.
        """
        if self.every is not None:
            seconds = self.every.total_seconds()
            slot = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
            return slot if after is None or slot > after else None
        # Backwards, so that a long pause with many slots takes no longer than a short one.
        following = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        newest = next(CronSim(self.text, following, reverse=True), None)
        return newest if newest is not None and newest > (after or now - RECENT_PERIOD) else None


def _cron_trigger(line: str) -> object:
    """A trigger that reads the line in the same way as the slots; APScheduler's own parser takes 0 as Monday."""
    from apscheduler.triggers.base import BaseTrigger

    class CronLine(BaseTrigger):  # type: ignore[misc]
        def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
            start = min(now, previous) if previous else now - timedelta(microseconds=1)
            return next(CronSim(line, start.astimezone(UTC)), None)

    return CronLine()


def parse_schedule(value: object) -> Schedule:
    """`every 15 minutes` or a five-field cron line as a Schedule; ValueError says what is expected."""
    if isinstance(value, Schedule):
        return value
    text = str(value).strip()
    try:
        if text.startswith("every "):
            every = parse_span(text.removeprefix("every ").strip())
            if every < timedelta(seconds=1):
                raise ValueError("too short")
            return Schedule(text, every)
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
        return Schedule(text)
    except (ValueError, CronSimError) as error:
        raise ValueError(
            f"{text!r} is not a schedule; write it like `every 15 minutes` or as a cron line like `*/15 * * * *`"
        ) from error
