"""Counts kinds of warnings and errors in memory: for each event its connector, a code, how often and when. Nothing personal.

An event is one of the constants that the hub itself logs; whatever a library or a plugin says in its own words is counted
under the library's name or the connector's. Another module writes the counts to the database from time to time.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import NamedTuple

MAX_KINDS = 500
"""Kinds that are counted apart until they are written; further ones are counted as OTHER."""
MAX_EVENT = 100
"""Characters of an event that are kept."""
OTHER, LIBRARY, PLUGIN = "other", "library", "plugin message"
LEVELS = frozenset({"warning", "error", "critical", "exception"})
CODE = re.compile(r"[A-Za-z][A-Za-z_.]{0,59}")
"""Names of classes, hooks, tasks and modules; no digits, so neither a number nor an id passes."""
CONNECTOR = re.compile(r"[a-z][a-z0-9_-]{0,63}")
CODES = ("error", "hook", "task", "queue")
"""The fields of a log line that distinguish kinds, the first that is there."""


class ErrorKind(NamedTuple):
    """What happened, at which connector ("" for none), and a code such as the error's class ("" for none)."""

    event: str
    connector: str
    code: str


@dataclass
class Seen:
    """How often a kind happened, and the first and last time (monotonic seconds)."""

    count: int
    first: float
    last: float


class ErrorCounts:
    """Thread-safe. Counting takes a lock for a microsecond and does not use the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[ErrorKind, Seen] = {}

    def note(self, event: str, connector: str = "", code: str = "") -> None:
        """Count one happening of `event`, a constant of the hub."""
        kind = ErrorKind(event[:MAX_EVENT], _matching(CONNECTOR, connector), _matching(CODE, code))
        with self._lock:
            if kind not in self._seen and len(self._seen) >= MAX_KINDS:
                kind = ErrorKind(OTHER, "", "")
            now = time.monotonic()
            seen = self._seen.setdefault(kind, Seen(0, now, now))
            seen.count, seen.last = seen.count + 1, now

    def take(self) -> dict[ErrorKind, Seen]:
        """Return what was counted and start again."""
        with self._lock:
            taken, self._seen = self._seen, {}
        return taken

    def give_back(self, counts: Mapping[ErrorKind, Seen]) -> None:
        """Put counts back after a failed write."""
        with self._lock:
            for kind, seen in counts.items():
                newer = self._seen.get(kind)
                if newer:
                    seen = Seen(seen.count + newer.count, seen.first, newer.last)
                if newer or len(self._seen) < MAX_KINDS:
                    self._seen[kind] = seen


COUNTS = ErrorCounts()
"""Those of this process, like its metrics."""


def count_log_line(logger: object, method: str, line: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A structlog processor: count a line of a warning or an error, and pass it on unchanged."""
    if line.get("level", method) in LEVELS:
        library = line.get("library")
        if library:
            COUNTS.note(LIBRARY, code=str(library))
        elif line.get("plugin"):
            COUNTS.note(PLUGIN, str(line.get("connector", "")))
        else:
            code = next((str(line[each]) for each in CODES if line.get(each)), "")
            COUNTS.note(str(line.get("event", OTHER)), str(line.get("connector", "")), code)
    return line


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
