"""Counts manifest violations in memory: undeclared fields that were removed and undeclared hosts that were blocked.
Another module writes the counts to the database from time to time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal, TypeVar

from hub.contracts.connector import Connector
from hub.contracts.disclosure import Disclosed, disclose
from hub.platform import metrics

Value = TypeVar("Value")
Kind = Literal["field", "host"]
"""`field`: a value that the manifest does not declare, emptied before the plugin got it. `host`: a request to an
undeclared host, which was not sent."""
Refused = tuple[str, Kind, str, date]
"""Connector, kind, name of the field or host, and day (UTC)."""
MAX_HOST_CHARACTERS = 100
MAX_HOSTS = 200
"""Different hosts counted per connector: a connector that calls random hosts must not fill the memory."""
OTHER_HOSTS = "other hosts"


class ManifestViolations:
    """Counts that are not written yet. Counting takes a lock for a microsecond and does not use the database."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[Refused] = Counter()
        self._hosts: dict[str, set[str]] = {}

    def disclose(self, connector: Connector, value: Value, hook: str) -> Disclosed[Value]:
        """`value` as the connector may get it through `hook`; each personal field that is removed is counted."""
        disclosed = disclose(value, connector.manifest, hook)
        for withheld in disclosed.withheld:
            self.note(connector.name, "field", withheld)
        return disclosed

    def note(self, connector: str, kind: Kind, name: str) -> None:
        """Count one violation."""
        name, day = name[:MAX_HOST_CHARACTERS], self._clock().date()
        with self._lock:
            if kind == "host":
                seen = self._hosts.setdefault(connector, set())
                name = name if name in seen or len(seen) < MAX_HOSTS else OTHER_HOSTS
                seen.add(name)
            self._counts[(connector, kind, name, day)] += 1
        (metrics.UNDECLARED if kind == "field" else metrics.UNDECLARED_HOSTS).labels(connector, name).inc()

    def take(self) -> Counter[Refused]:
        """Return the counts so far and start again at zero."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Counter[Refused]) -> None:
        """Put counts back after a failed write."""
        with self._lock:
            self._counts.update(counts)
