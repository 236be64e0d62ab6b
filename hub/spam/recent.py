"""The calls of the last hour in memory, so that a burst is seen before its calls are in the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.spam.facts import CallKey

KEPT_FOR = timedelta(hours=1)
MAX_CALLERS = 20_000
MAX_CALLS_OF_CALLER = 200


class Seen(NamedTuple):
    """One earlier call of a caller."""

    key: tuple[str, str]
    company_id: str
    called: str
    at: datetime
    answered: bool = False
    seconds: int | None = None


class RecentCalls:
    """What this process has answered within the last hour, by caller. Nothing of it is written anywhere."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, list[Seen]] = OrderedDict()
        """Lists, because most callers call one time, and a deque has places for 64 calls at once."""

    def note(self, calls: Iterable[CallKey]) -> None:
        """Remember calls that ring now."""
        with self._lock:
            for call in calls:
                if call.caller is None:
                    continue
                kept = self._calls.setdefault(call.caller, [])
                self._calls.move_to_end(call.caller)
                kept.append(Seen(call.key, call.company_id, call.called, call.at))
                del kept[:-MAX_CALLS_OF_CALLER]
                self._forget(call.at - KEPT_FOR)

    def of(self, caller: str, since: datetime) -> list[Seen]:
        """The calls of one caller since a moment."""
        with self._lock:
            return [seen for seen in self._calls.get(caller, ()) if seen.at >= since]

    def _forget(self, before: datetime) -> None:
        """Drop callers whose last call is too old, and the oldest of too many."""
        while self._calls:
            caller, calls = next(iter(self._calls.items()))
            if calls[-1].at >= before and len(self._calls) <= MAX_CALLERS:
                return
            del self._calls[caller]
