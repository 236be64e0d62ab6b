"""A circuit breaker: it stops calls to a failing connector and lets one probe through after a while."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from hub.errors import CircuitOpen


class BreakerState(StrEnum):
    """What a circuit breaker does with the next call."""

    CLOSED = "closed"
    """Calls pass; too many failures open it."""
    OPEN = "open"
    """Calls are refused until the wait is over: probing."""
    PROBING = "probing"
    """The wait is over and the result of the probe is not known yet: closed, or open again."""


@dataclass
class CircuitBreaker:
    """Opens after ten failures in a row, or when half of at least ten tries in five minutes failed.

    It lets one probe through after 30 s, doubling to 15 minutes while probes fail. Time is monotonic, in seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    _tries: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=1000))
    _in_a_row: int = 0
    _open_until: float | None = None
    _probing: bool = False
    _wait: float = 30.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def state(self) -> BreakerState:
        """The state at this moment."""
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._open_until > self.monotonic() else BreakerState.PROBING

    @property
    def next_try(self) -> float | None:
        """Seconds until a call is let through; None if calls pass."""
        return None if self._open_until is None else max(0.0, self._open_until - self.monotonic())

    def admit(self, name: str) -> None:
        """Raise CircuitOpen while the breaker is open; at the end of the wait, allow one probe."""
        with self._lock:
            if self._open_until is None:
                return
            now = self.monotonic()
            if now < self._open_until:
                after = self._open_until - now
                raise CircuitOpen(
                    f"connector {name!r} failed repeatedly and is paused; next try in {after:.0f} s.", after
                )
            self._open_until = now + self._wait
            self._probing = True

    def record(self, succeeded: bool) -> None:
        """Count one call."""
        with self._lock:
            now = self.monotonic()
            if succeeded:
                self._in_a_row = 0
                self._wait = 30.0
                if self._open_until is not None:
                    self._tries.clear()
                self._open_until, self._probing = None, False
                self._tries.append((now, True))
                return
            self._in_a_row += 1
            self._tries.append((now, False))
            if self._open_until is not None:
                if self._probing:  # a call from before the breaker opened gives no new information
                    self._probing = False
                    self._wait = min(self._wait * 2, 900.0)
                    self._open_until = now + self._wait
                return
            recent = [good for at, good in self._tries if at > now - 300]
            if self._in_a_row >= 10 or (len(recent) >= 10 and recent.count(False) * 2 >= len(recent)):
                self._open_until = now + self._wait
