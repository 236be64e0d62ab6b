"""Quiet hours: when alerts wait, and when they may go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MINUTES_PER_DAY = 24 * 60
MAX_WAIT_MINUTES = 2 * MINUTES_PER_DAY
"""Longer than any quiet hours, even on a day with 25 hours."""


@dataclass(frozen=True)
class QuietHours:
    """From one time of the day until before another, by the clock of a zone; over midnight if the second is earlier."""

    begins: int
    """Minutes after midnight."""
    ends: int
    zone: ZoneInfo

    def covers(self, at: datetime) -> bool:
        """Whether it is quiet at a moment, as a clock on the wall there says."""
        local = at.astimezone(self.zone)
        minute = 60 * local.hour + local.minute
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def next_open(self, at: datetime) -> datetime:
        """`at` if it is not quiet then, else the first full minute after it at which it is not.

        It walks the minutes, because on the days when the clock changes an hour is missing or comes twice.
        """
        if not self.covers(at):
            return at
        moment = at.replace(second=0, microsecond=0)
        for _ in range(MAX_WAIT_MINUTES):
            moment += MINUTE
            if not self.covers(moment):
                return moment
        return at


def minutes_of(text: str) -> int | None:
    """`22:30` as minutes after midnight; None if it is not a time."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    return 60 * int(found[1]) + int(found[2]) if found else None


def as_time(minutes: int | None) -> str:
    """Minutes after midnight as a form field has them: `22:30`; empty for None."""
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"
