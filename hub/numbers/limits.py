"""Limits: how much of a pool one network may ask for, so that a flood leaves the numbers to people.

Everything here is in the memory of one process and is forgotten with it; of an address only its network is looked at,
and it is never written anywhere. Beside PostgreSQL each web process has limits of its own.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.model import Tracker

NETWORK_SHARE = 0.1
"""The part of a company's pools that one network may ask for within one holding time."""
NETWORK_LEAST = 5
"""Visits that any network may make at once, however small the pool is: a family, a small office."""
COMPANY_BURST = 2_000
COMPANY_RATE = 100.0
"""Visits, at once and a second, that are recorded for one company; what is beyond is shown the shared number only."""
MOST_NETWORKS = 50_000
"""Networks that are remembered; the one that was quiet longest is forgotten first."""

Share = Literal["all", "unreserved", "none"]
"""What a visitor may be lent of a pool: all of it, all but its reserve, or nothing."""


@dataclass
class TokenBucket:
    """Fills up to `capacity` at `per_second`. What is asked of an empty bucket makes a debt, up to another `capacity`:
    who goes on asking stays refused."""

    capacity: float
    per_second: float
    level: float
    filled_at: datetime

    def take(self, now: datetime) -> float:
        """Take one token; how many there were, less than one where there was none to take."""
        passed = max(0.0, (now - self.filled_at).total_seconds())
        self.filled_at = now
        found = min(self.capacity, self.level + passed * self.per_second)
        self.level = max(-self.capacity, found - 1)
        return found


@dataclass
class _Network:
    bucket: TokenBucket
    visits: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    """Those that were lent a number and may still hold it."""
    flooding: bool = False


class Limits:
    """The doorkeeper of the pools, in one process; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: OrderedDict[tuple[str, str], _Network] = OrderedDict()
        self._companies: dict[str, TokenBucket] = {}

    def may_record(self, company_id: str, now: datetime) -> bool:
        """Whether one more visit to the company is written down."""
        with self._lock:
            bucket = self._companies.setdefault(
                company_id, TokenBucket(COMPANY_BURST, COMPANY_RATE, COMPANY_BURST, now)
            )
            return bucket.take(now) >= 1

    def share(self, company_id: str, network: str | None, pools: Sequence[Tracker], size: int, now: datetime) -> Share:
        """What one more visitor from a network may be lent. Without a network (see `network_of`) nothing limits it.

        The first visitor from a quiet network may take the last number; the next ones leave the reserve alone; and a
        network that asks for more than its part of the pool gets none, for as long as it goes on.
        """
        if network is None or not pools:
            return "all"
        capacity = max(NETWORK_LEAST, size * NETWORK_SHARE)
        hold = min(pool.hold_seconds for pool in pools)
        with self._lock:
            known = self._networks.pop((company_id, network), None)
            known = known or _Network(TokenBucket(capacity, capacity / max(1, hold), capacity, now))
            self._networks[company_id, network] = known
            if len(self._networks) > MOST_NETWORKS:
                self._networks.popitem(last=False)
            found = known.bucket.take(now)
            known.flooding = found < 1
            return "none" if known.flooding else "all" if found > capacity - 1 else "unreserved"

    def lent(self, company_id: str, network: str | None, visit_id: str) -> None:
        """Remember that a visit from a network was lent a number."""
        if network is not None:
            with self._lock:
                known = self._networks.get((company_id, network))
                if known is not None:
                    known.visits.append(visit_id)

    def recall(self, company_id: str) -> list[str]:
        """The visits that hold numbers of a company for networks that turned out to flood it; told once."""
        with self._lock:
            recalled: list[str] = []
            for (company, _), known in self._networks.items():
                if company == company_id and known.flooding:
                    recalled += known.visits
                    known.visits.clear()
            return recalled


def network_of(address: str | None) -> str | None:
    """The network of a visitor's address: its /24, or /56 of IPv6, so that a subscriber's many addresses count as one.

    None for what is no address, and for addresses that are not public: these are a proxy of ours that
    `hub.trusted_proxies` does not name, so that all visitors seem to come from there.
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
