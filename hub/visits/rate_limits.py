"""Limits how much of a pool one network may ask for, so that a flood leaves numbers for people.

Everything here is in the memory of one process and ends with it. Only the network of an address is used, and it is
never written anywhere. With PostgreSQL each web process has its own limits.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.model import Tracker
from hub.rate_limit import Buckets, TokenBucket

NETWORK_SHARE = 0.1
"""The part of a company's pools that one network may ask for within one holding time."""
NETWORK_LEAST = 5
"""Visits that any network may make at the same time, however small the pool is: a family, a small office."""
BUSY_SHARE = 0.7
"""A network whose bucket holds this much or less gives up its numbers to visitors from quiet networks if the pool is
empty. With the smallest bucket, that is the second visit within some minutes."""
COMPANY_BURST = 2_000
COMPANY_RATE = 100.0
"""Visits, in a burst and per second, that are recorded for one company; further ones see only the shared number."""
MAX_NETWORKS = 50_000
"""Networks that are remembered for a company; the one that was quiet longest is forgotten first."""

FORMS_OF_COMPANY = (500.0, 5.0)
FORMS_OF_NETWORK = (20.0, 1 / 30)
"""Forms, in a burst and per second, that are accepted for one company and from one network."""

Share = Literal["all", "unreserved", "none"]
"""What a visit may be lent from a pool: all of it, all but its reserve, or nothing."""


@dataclass
class _Network:
    bucket: TokenBucket
    visits: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    """Visits that were lent a number and may still hold it, newest last."""


@dataclass
class _Company:
    bucket: TokenBucket
    networks: OrderedDict[str, _Network] = field(default_factory=OrderedDict)
    holding: dict[str, _Network] = field(default_factory=dict)


class Limits:
    """Rate limits of the pools, in one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._companies: dict[str, _Company] = {}

    def may_record(self, company_id: str, now: datetime) -> bool:
        """Whether one more visit to the company is recorded."""
        with self._lock:
            return self._company(company_id, now).bucket.take(now) >= 1

    def share(self, company_id: str, network: str | None, pools: Sequence[Tracker], size: int, now: datetime) -> Share:
        """Count a visit from a network, a robot's too, and return what it may be lent from pools of `size` numbers.

        The first visitor from a quiet network may take the last number; the next ones leave the reserve alone. A
        network that asks for more than its part of the pool gets none while it continues. A visit without a network
        (see `network_of`) is not limited.
        """
        if network is None or not pools:
            return "all"
        capacity = max(NETWORK_LEAST, size * NETWORK_SHARE)
        hold = min(pool.hold_seconds for pool in pools)
        with self._lock:
            networks = self._company(company_id, now).networks
            known = networks.pop(network, None)
            known = known or _Network(TokenBucket(capacity, capacity / max(1, hold), capacity, now))
            networks[network] = known
            if len(networks) > MAX_NETWORKS:
                networks.popitem(last=False)
            found = known.bucket.take(now)
            return "none" if found < 1 else "all" if found > capacity - 1 else "unreserved"

    def lent(self, company_id: str, network: str | None, visit_id: str, now: datetime) -> None:
        """Remember that a visit from a network was lent a number."""
        if network is not None:
            with self._lock:
                company = self._company(company_id, now)
                known = company.networks.get(network)
                if known is not None:
                    known.visits.append(visit_id)
                    company.holding[network] = known

    def recall(self, company_id: str, count: int, now: datetime) -> list[str]:
        """About `count` visits that were lent numbers of a company, of the networks that ask most; each is returned
        one time."""
        with self._lock:
            holding = self._company(company_id, now).holding
            busy = [
                (level, network)
                for network, known in holding.items()
                if (level := known.bucket.level_at(now)) <= BUSY_SHARE * known.bucket.capacity
            ]
            recalled: list[str] = []
            for _, network in sorted(busy):
                visits = holding[network].visits
                while visits and len(recalled) < count:
                    recalled.append(visits.pop())
                if not visits:
                    del holding[network]
            return recalled

    def _company(self, company_id: str, now: datetime) -> _Company:
        if company_id not in self._companies:
            bucket = TokenBucket(COMPANY_BURST, COMPANY_RATE, COMPANY_BURST, now)
            self._companies[company_id] = _Company(bucket)
        return self._companies[company_id]


class FormLimits:
    """Rate limits of the forms, in one process. Thread-safe. A refused form gets an error; it is never dropped
    silently."""

    def __init__(self) -> None:
        self._buckets = Buckets(MAX_NETWORKS)

    def may_send(self, company_id: str, network: str | None, now: datetime) -> bool:
        """Whether one more form is accepted for the company, from a network (None: not limited by network)."""
        if network is not None and not self._buckets.take((company_id, network), FORMS_OF_NETWORK, now):
            return False
        return self._buckets.take((company_id, ""), FORMS_OF_COMPANY, now)
