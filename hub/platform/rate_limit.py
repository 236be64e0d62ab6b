"""Rate limits: token buckets by key, and the networks of an address. Everything is in the memory of one process.

A stranger's request counts against each network that its address belongs to, from the address itself to the block of a
whole provider, and only then against the budget of all. A request that one of the networks cannot pay takes nothing
from anybody else.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

Kept = TypeVar("Kept")
Limit = tuple[float, float]
"""Requests in a burst, and per second."""
MAX_BUCKETS = 50_000
"""Buckets of one limiter; above it the least recently used one is dropped. A large network's own bucket is used by each
of its requests, so addresses without end do not push it out."""
DROPPED_AT_ONCE = 10

MULTIPLES = {4: {32: 1.0, 24: 3.0, 16: 10.0}, 6: {64: 1.0, 56: 2.0, 48: 3.0, 32: 10.0}}
"""IP version → prefix length → how many times the budget of one address (IPv4) or of one /64 (IPv6) its network has.

A /64 is a household or one phone, a /56 a household or an office, a /48 a business or a carrier's region, a /32 a whole
provider. Behind one IPv4 address of a mobile carrier there are thousands of phones, behind a /24 a city, and a /16 is often one
carrier's; so the wide networks have much larger budgets, and the base is what one carrier address may need."""
KEPT_FOR_QUIET = 0.5
"""Of the budget of all, this part is only for networks whose own budgets are nearly full (`QUIET`)."""
QUIET = 0.8


class Network(NamedTuple):
    """A network that an address belongs to."""

    text: str
    version: int
    prefix: int

    @property
    def multiple(self) -> float:
        """How many times the budget of one address it has."""
        return MULTIPLES[self.version][self.prefix]

    @property
    def is_subscriber(self) -> bool:
        """Whether it is the network by which one subscriber is known, whatever address they use."""
        return self.prefix == (24 if self.version == 4 else 56)


Networks = tuple[Network, ...]
"""The networks of one address, narrowest first; empty if the address is not public or not known."""


@dataclass(slots=True)
class TokenBucket:
    """Fills up to `capacity` at `per_second`. Requests to an empty bucket make a debt, up to another `capacity`, so a client
    that keeps asking stays refused."""

    capacity: float
    per_second: float
    level: float
    filled_at: datetime

    def take(self, now: datetime, cost: float = 1.0) -> float:
        """Take `cost` tokens; returns how many there were, less than `cost` if none could be taken."""
        found = self.level_at(now)
        self.filled_at = now
        self.level = max(-self.capacity, found - cost)
        return found

    def level_at(self, now: datetime) -> float:
        """How many tokens there are at `now`."""
        passed = max(0.0, (now - self.filled_at).total_seconds())
        return min(self.capacity, self.level + passed * self.per_second)


class Buckets:
    """A bucket for each key, in one process; thread-safe. Those that are full again are dropped, because a new one is like
    them, and above `most` buckets the least recently used ones are."""

    def __init__(self, most: int = MAX_BUCKETS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_key: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_key)

    def take(self, key: Hashable, limit: Limit, now: datetime) -> bool:
        """Take one token from the key's bucket; returns whether there was one."""
        with self._lock:
            self._drop(now)
            return self._bucket(key, limit, now).take(now) >= 1

    def use(self, key: Hashable, limit: Limit, now: datetime) -> float:
        """Take one token, or make a debt; returns how full the key's bucket was before, from -1 to 1."""
        with self._lock:
            self._drop(now)
            return self._bucket(key, limit, now).take(now) / limit[0]

    def fullness(self, key: Hashable, now: datetime) -> float:
        """How full the key's bucket is, from -1 to 1; 1 if it is not known."""
        with self._lock:
            bucket = self._by_key.get(key)
            return bucket.level_at(now) / bucket.capacity if bucket else 1.0

    def take_all(
        self,
        narrow: Sequence[tuple[Hashable, Limit]],
        whole: tuple[Hashable, Limit] | None,
        now: datetime,
        cost: float = 1.0,
    ) -> list[float] | None:
        """Take `cost` tokens from every bucket, or from none of them; returns how full the narrow ones were, from 0 to 1, or
        None if nothing was taken.

        If one of the `narrow` buckets lacks them, it alone gets into debt. The last part of the bucket `whole` is only for
        requests whose narrow buckets are all nearly full; the others pay for asking, so that they do not come in turns.
        """
        with self._lock:
            self._drop(now)
            found = [self._bucket(key, limit, now) for key, limit in narrow]
            levels = [bucket.level_at(now) for bucket in found]
            lacking = [bucket for bucket, level in zip(found, levels, strict=True) if level < cost]
            if lacking:
                for bucket in lacking:
                    bucket.take(now, cost)
                return None
            if whole is not None:
                of_all = self._bucket(*whole, now)
                is_quiet = all(level >= QUIET * each.capacity for each, level in zip(found, levels, strict=True))
                kept = 0.0 if is_quiet else KEPT_FOR_QUIET * of_all.capacity
                if of_all.level_at(now) - kept < cost:
                    for bucket in () if is_quiet else found:
                        bucket.take(now, cost)
                    return None
                found.append(of_all)
            for bucket in found:
                bucket.take(now, cost)
            return [level / limit[0] for level, (_, limit) in zip(levels, narrow, strict=True)]

    def _bucket(self, key: Hashable, limit: Limit, now: datetime) -> TokenBucket:
        capacity, per_second = limit
        bucket = self._by_key.pop(key, None) or TokenBucket(capacity, per_second, capacity, now)
        self._by_key[key] = bucket
        return bucket

    def _drop(self, now: datetime) -> None:
        """Drop the least recently used buckets that are full again, or too many: at most twice as many as one request makes."""
        for key, bucket in list(islice(self._by_key.items(), DROPPED_AT_ONCE)):
            if len(self._by_key) < self._most and bucket.level_at(now) < bucket.capacity:
                return
            del self._by_key[key]


@dataclass(frozen=True)
class NetworkLimit:
    """How much strangers may ask: `of_address` is the budget of one IPv4 address or IPv6 /64, of which wider networks have
    multiples; `of_all` is the budget of everybody together."""

    of_address: Limit
    of_all: Limit | None = None


class NetworkLimiter:
    """Applies one limit to strangers' requests, apart for each subject such as a company. Thread-safe; in one process."""

    def __init__(self, limit: NetworkLimit, most: int = MAX_BUCKETS) -> None:
        self._limit = limit
        self._buckets = Buckets(most)

    def may(self, subject: Hashable, networks: Networks, now: datetime, cost: float = 1.0) -> bool:
        """Whether one more request is accepted. Without networks (see `networks_of`) only the budget of all counts."""
        capacity, per_second = self._limit.of_address
        narrow = [
            ((subject, each.text), (capacity * each.multiple, per_second * each.multiple))
            for each in reversed(networks)
        ]
        whole = ((subject, ""), self._limit.of_all) if self._limit.of_all else None
        return self._buckets.take_all(narrow, whole, now, cost) is not None


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


def networks_of(address: str | None) -> Networks:
    """The networks of a visitor's address, narrowest first: of IPv4 the address itself, its /24 and /16; of IPv6 its /64,
    /56, /48 and /32.

    Empty for anything that is not an address, and for addresses that are not public: such an address is one of our proxies
    that `hub.trusted_proxies` does not list, so all visitors seem to come from it.
    """
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ()
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if not parsed.is_global:
        return ()
    number, version, bits = int(parsed), parsed.version, parsed.max_prefixlen
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    masked = ((prefix, (number >> bits - prefix << bits - prefix).to_bytes(bits // 8)) for prefix in MULTIPLES[version])
    return tuple(Network(f"{socket.inet_ntop(family, each)}/{prefix}", version, prefix) for prefix, each in masked)


def network_of(address: str | None) -> str | None:
    """The network by which one subscriber is known: the /24 of an address, or its /56 of IPv6; None if it has none."""
    return next((each.text for each in networks_of(address) if each.is_subscriber), None)
