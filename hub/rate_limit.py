"""Rate limits: token buckets by key, and the network of an address. Everything is in the memory of one process."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Kept = TypeVar("Kept")


@dataclass
class TokenBucket:
    """Fills up to `capacity` at `per_second`. Requests to an empty bucket make a debt, up to another `capacity`, so a client
    that keeps asking stays refused."""

    capacity: float
    per_second: float
    level: float
    filled_at: datetime

    def take(self, now: datetime) -> float:
        """Take one token; returns how many there were, less than one if none could be taken."""
        found = self.level_at(now)
        self.filled_at = now
        self.level = max(-self.capacity, found - 1)
        return found

    def level_at(self, now: datetime) -> float:
        """How many tokens there are at `now`."""
        passed = max(0.0, (now - self.filled_at).total_seconds())
        return min(self.capacity, self.level + passed * self.per_second)


class Buckets:
    """A bucket for each key, in one process; thread-safe. Above `most` buckets the least recently used one is dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_key: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, key: Hashable, limit: tuple[float, float], now: datetime) -> bool:
        """Take one token from the key's bucket; returns whether there was one. `limit` is capacity and tokens per second."""
        capacity, per_second = limit
        with self._lock:
            bucket = self._by_key.pop(key, None) or TokenBucket(capacity, per_second, capacity, now)
            self._by_key[key] = bucket
            if len(self._by_key) > self._most:
                self._by_key.popitem(last=False)
            return bucket.take(now) >= 1


class Counters:
    """The counts of one process by name. They outlive a change of the configuration, so nobody gets new tries by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, Any] = {}

    def of(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What is counted under a name; made at the first time."""
        with self._lock:
            if name not in self._by_name:
                self._by_name[name] = make()
            kept: Kept = self._by_name[name]
            return kept


def network_of(address: str | None) -> str | None:
    """The network of a visitor's address: its /24, or /56 of IPv6, so that a subscriber's many addresses count as one.

    None for anything that is not an address, and for addresses that are not public: such an address is one of our proxies
    that `hub.trusted_proxies` does not list, so all visitors seem to come from it.
    """
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if not parsed.is_global:
        return None
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))
