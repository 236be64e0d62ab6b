"""When something that failed is tried again: doubled waits, and for deliveries a schedule of more than a day with full
jitter, never beyond the network's age limit."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta

DELAYS = (0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before the first try, the second, and so on to the eleventh and last."""
MAX_RETRY_AFTER_SECONDS = 86_400.0
"""A provider's Retry-After is respected up to one day."""

MAX_DOUBLINGS = 60

Jitter = Callable[[float], float]


def exponential(first: float, tries: int, longest: float) -> float:
    """Seconds to wait: `first` after 0 tries, twice as long after each further one, up to `longest`."""
    return min(longest, first * 2.0 ** min(tries, MAX_DOUBLINGS))


def full_jitter(longest: float) -> float:
    """A random part of the delay, so that failed items are not all retried at the same time."""
    return random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing


def half_jitter(longest: float) -> float:
    """Between half of the delay and the whole: a pause that is spread, and never short by chance."""
    return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 - spreads load, guards nothing


def next_try(
    now: datetime,
    tries: int,
    *,
    retry_after: float | None = None,
    event_time: datetime | None = None,
    max_age: timedelta | None = None,
    jitter: Jitter = full_jitter,
) -> datetime | None:
    """When to try again after `tries` failed tries; None if the schedule has ended or the network takes the item no more.

    `retry_after` (seconds) comes from the provider: never try earlier. The network counts an item's age from `event_time`.
    """
    if tries >= len(DELAYS):
        return None
    due = now + max(timedelta(seconds=jitter(float(DELAYS[tries]))), sane_wait(retry_after))
    if event_time is not None and max_age is not None and due - event_time > max_age:
        return None
    return due


def sane_wait(seconds: float | None, otherwise: float = 0.0) -> timedelta:
    """The wait that a provider asked for, limited to between zero and one day, whatever number the plugin returned."""
    if seconds is None or math.isnan(seconds):
        seconds = otherwise
    return timedelta(seconds=min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS))
