"""How many bytes may wait in memory, for each connector and for the process."""

from __future__ import annotations

import threading


class WaitingBytes:
    """Counts the bytes that wait, up to `limit`; what it takes counts in the `whole` that it is a part of. Thread-safe."""

    def __init__(self, limit: int, whole: WaitingBytes | None = None) -> None:
        self._limit, self._whole = limit, whole
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, size: int) -> bool:
        """Count `size` more bytes until they are given back; False if they are too many."""
        with self._lock:
            if self._taken + size > self._limit or (self._whole is not None and not self._whole.take(size)):
                return False
            self._taken += size
            return True

    def give_back(self, size: int) -> None:
        """They wait no more."""
        with self._lock:
            self._taken -= size
        if self._whole is not None:
            self._whole.give_back(size)
