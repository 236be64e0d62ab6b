"""Limits: how much of a pool one network may ask for, so that a flood leaves the numbers to people.

Everything here is in the memory of one process and is forgotten with it; of an address only its network is looked at,
and it is never written anywhere. Beside PostgreSQL each web process has limits of its own.
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
"""Visits that any network may make at once, however small the pool is: a family, a small office."""
BUSY = 0.7
"""A network whose bucket is no fuller than this gives its numbers up to visitors from quiet networks who find none left.
Of the least bucket, that is the second visit within some minutes."""
COMPANY_BURST = 2_000
COMPANY_RATE = 100.0
"""Visits, at once and a second, that are recorded for one company; what is beyond is shown the shared number only."""
MOST_NETWORKS = 50_000
"""Networks that are remembered of a company; the one that was quiet longest is forgotten first."""

FORMS_OF_COMPANY = (500.0, 5.0)
FORMS_OF_NETWORK = (20.0, 1 / 30)
"""Forms, at once and a second, that are taken for one company and from one network."""

Share = Literal["all", "unreserved", "none"]
"""What a visitor may be lent of a pool: all of it, all but its reserve, or nothing."""


@dataclass
class _Network:
    bucket: TokenBucket
    visits: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    """Those that were lent a number and may still hold it, newest last."""


@dataclass
class _Company:
    bucket: TokenBucket
    networks: OrderedDict[str, _Network] = field(default_factory=OrderedDict)
    holding: dict[str, _Network] = field(default_factory=dict)


class Limits:
    """The doorkeeper of the pools, in one process; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._companies: dict[str, _Company] = {}

    def may_record(self, company_id: str, now: datetime) -> bool:
        """Whether one more visit to the company is written down."""
        with self._lock:
            return self._company(company_id, now).bucket.take(now) >= 1

    def share(self, company_id: str, network: str | None, pools: Sequence[Tracker], size: int, now: datetime) -> Share:
        """Count a visit from a network, a robot's too, and tell what it may be lent of pools of `size` numbers.

        The first visitor from a quiet network may take the last number; the next ones leave the reserve alone; and a
        network that asks for more than its part of the pool gets none, for as long as it goes on. Without a network
        (see `network_of`) nothing limits a visit.
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
            if len(networks) > MOST_NETWORKS:
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
        """About `count` visits that were lent numbers of a company, of the networks that ask most; each is told once."""
        with self._lock:
            holding = self._company(company_id, now).holding
            busy = [
                (level, network)
                for network, known in holding.items()
                if (level := known.bucket.level_at(now)) <= BUSY * known.bucket.capacity
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
    """The doorkeeper of the forms, in one process; safe for threads. What it turns away is told so, never dropped."""

    def __init__(self) -> None:
        self._buckets = Buckets(MOST_NETWORKS)

    def may_send(self, company_id: str, network: str | None, now: datetime) -> bool:
        """Whether one more form is taken for the company, from a network (None: not limited by it)."""
        if network is not None and not self._buckets.take((company_id, network), FORMS_OF_NETWORK, now):
            return False
        return self._buckets.take((company_id, ""), FORMS_OF_COMPANY, now)
