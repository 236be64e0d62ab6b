"""How often a plugin host is started again: with back-off, and not at all after five deaths in ten minutes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hub.platform.backoff import exponential

FIRST_DELAY_SECONDS = 0.5
MAX_DEATHS = 5
WINDOW_SECONDS = 600.0


class Restarts:
    """The deaths of one host in the last ten minutes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    def died(self) -> float | None:
        """Count a death; returns the seconds until the next start, or None if it must not be started again."""
        now = self._monotonic()
        self._deaths.append(now)
        recent = sum(1 for at in self._deaths if now - at < WINDOW_SECONDS)
        return None if recent >= MAX_DEATHS else exponential(FIRST_DELAY_SECONDS, recent - 1, WINDOW_SECONDS)

    def forget(self) -> None:
        """A person resumed the connector: count from zero."""
        self._deaths.clear()
