"""Whether a call flow is open now, and until when: `Open now, closes at 6:00 pm`, `Closed, opens Monday 8:00 am`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hub.config.callflow.branches import day_of_schedule
from hub.config.callflow.definition import Flow, Schedule
from hub.config.callflow.hours import DAY_MINUTES, clock_words, local_time

DAYS_AHEAD = 60
"""A flow that stays as it is for longer is not said to open or close."""
WEEK = timedelta(days=6)


@dataclass(frozen=True)
class OpenNow:
    """The state of a flow with opening hours; `changes_at` is local, None if it stays so for `DAYS_AHEAD`."""

    is_open: bool
    now: datetime
    changes_at: datetime | None
    holiday: str | None = None
    """The public holiday that is today, if it is closed for that."""

    @property
    def words(self) -> str:
        """As a sentence without its full stop."""
        if self.is_open:
            return f"Open now, closes{self._when()}" if self.changes_at else "Open now, around the clock"
        why = f"Closed for {self.holiday}" if self.holiday else "Closed"
        return f"{why}, opens{self._when()}" if self.changes_at else f"{why}; no opening is near"

    def _when(self) -> str:
        assert self.changes_at is not None
        clock = clock_words(self.changes_at.hour * 60 + self.changes_at.minute)
        if self.changes_at.date() == self.now.date():
            return f" at {clock}"
        near = self.changes_at.date() - self.now.date() <= WEEK
        day = f"{self.changes_at:%A}" if near else f"{self.changes_at:%B} {self.changes_at.day}"
        return f" {day} {clock}"


def open_now(flow: Flow, at: datetime, time_zone: str) -> OpenNow | None:
    """The state of the first step with opening hours that calls come to; None if the flow has none. `time_zone` is the
    company's."""
    step = next(_schedules(flow), None)
    if step is None:
        return None
    now = local_time(at, step.time_zone or time_zone).replace(tzinfo=None)
    changes = [each for each in _changes(step, now.date()) if each[0] <= now]
    is_open, holiday = changes[-1][1], changes[-1][2]
    later = (moment for moment, opens, _ in _changes(step, now.date()) if moment > now and opens != is_open)
    return OpenNow(is_open, now, next(later, None), holiday)


def _changes(step: Schedule, first: date) -> Iterator[tuple[datetime, bool, str | None]]:
    """From when on it is open or closed, in order, from the beginning of a day on."""
    for number in range(DAYS_AHEAD):
        day = first + timedelta(days=number)
        spans, holiday = day_of_schedule(step, day)
        minute = 0
        for begin, end in sorted(spans):
            if begin > minute:
                yield _moment(day, minute), False, holiday
            yield _moment(day, begin), True, None
            minute = end
        if minute < DAY_MINUTES:
            yield _moment(day, minute), False, holiday


def _moment(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _schedules(flow: Flow) -> Iterator[Schedule]:
    """The steps with opening hours in the order in which a call comes to them."""
    waiting, seen = [flow.start], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        step = flow.steps[name]
        if isinstance(step, Schedule):
            yield step
        waiting += [to for _, to in step.leads()]
