"""What was kept from a plugin, and where it was kept from going: counted in memory, written down now and then."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal, TypeVar

from hub import metrics
from hub.contracts.connector import Connector
from hub.contracts.disclosure import Disclosed, disclose

Value = TypeVar("Value")
Kind = Literal["field", "host"]
"""`field`: a value that the manifest does not declare, emptied before the plugin got it. `host`: a request to a host that it
does not declare, which did not leave."""
Refused = tuple[str, Kind, str, date]
"""The connector, what kind, the field's or the host's name, and the day (UTC)."""
LONGEST = 100
MOST_HOSTS = 200
"""Different hosts counted per connector: a connector that calls random hosts must not fill the memory."""
OTHER_HOSTS = "other hosts"


class ManifestViolations:
    """Counts that wait to be written. Counting takes a lock for a microsecond and touches no database."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[Refused] = Counter()
        self._hosts: dict[str, set[str]] = {}

    def disclose(self, connector: Connector, value: Value, hook: str) -> Disclosed[Value]:
        """`value` as the connector may get it through `hook`; each personal field that is kept from it is counted."""
        disclosed = disclose(value, connector.manifest, hook)
        for withheld in disclosed.withheld:
            self.note(connector.name, "field", withheld)
        return disclosed

    def note(self, connector: str, kind: Kind, name: str) -> None:
        """Count one refusal."""
        name, day = name[:LONGEST], self._clock().date()
        with self._lock:
            if kind == "host":
                seen = self._hosts.setdefault(connector, set())
                name = name if name in seen or len(seen) < MOST_HOSTS else OTHER_HOSTS
                seen.add(name)
            self._counts[(connector, kind, name, day)] += 1
        (metrics.UNDECLARED if kind == "field" else metrics.UNDECLARED_HOSTS).labels(connector, name).inc()

    def take(self) -> Counter[Refused]:
        """The counts so far; the next ones begin at nothing."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Counter[Refused]) -> None:
        """Counts that could not be written: they wait for the next time."""
        with self._lock:
            self._counts.update(counts)
