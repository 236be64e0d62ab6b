"""INVITEs that were refused or dropped: counted by reason, and written to the log at a limited rate."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)
LINE_SECONDS = 60.0
"""One line for each source and reason in this time; it says how many came since the last one."""
MAX_SOURCES = 1_000
LINES_A_MINUTE = 30
"""Of all sources together, so that a flood fills no disk."""


class Refused:
    """The counts since the start, and what was written lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.counts: Counter[str] = Counter()
        self._known: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._minute, self._lines = 0.0, 0

    def note(self, reason: str, source: str, status: int | None = None) -> None:
        """An INVITE from an address was refused with a status, or dropped without one."""
        self.counts[reason] += 1
        now = self._clock()
        at, more = self._known.pop((source, reason), (float("-inf"), 0))
        if now - at < LINE_SECONDS or not self._may_write(now):
            self._known[source, reason] = at, more + 1
        else:
            self._known[source, reason] = now, 0
            log.info("an INVITE was not taken", reason=reason, source=source, status=status, more=more)
        while len(self._known) > MAX_SOURCES:
            self._known.popitem(last=False)

    def _may_write(self, now: float) -> bool:
        if now - self._minute >= LINE_SECONDS:
            self._minute, self._lines = now, 0
        self._lines += 1
        return self._lines <= LINES_A_MINUTE
