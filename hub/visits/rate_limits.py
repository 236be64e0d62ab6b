"""Limits how much of the recording and of the pools one network may have, so that a flood leaves both to people.

Everything here is in the memory of one process and ends with it. Only the networks of an address are used, and they are
never written anywhere. Each web process has its own limits.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hub.model import Tracker
from hub.platform.rate_limit import MAX_BUCKETS, Buckets, Limit, Network, NetworkLimit, NetworkLimiter, Networks

VISITS = NetworkLimit(of_address=(150.0, 3.0), of_all=(2_000.0, 100.0))
"""Visits, in a burst and per second, that are recorded for one company. Three a second from one address are the visitors
of a whole carrier gateway; further ones see only the shared number."""
FORMS = NetworkLimit(of_address=(20.0, 1 / 30), of_all=(50_000.0, 1.0))
"""Forms of one company. The budget of all only protects the disk: a form counts once for each `FORM_BYTES` begun."""
FORM_BYTES = 32_000

POOL_SHARES = {4: {32: 0.1, 24: 0.25, 16: 0.5}, 6: {64: 0.1, 56: 0.15, 48: 0.25, 32: 0.5}}
"""IP version → prefix length → the part of a company's pools that one such network may hold, and may ask for within one
holding time. A carrier with a quarter of a company's visitors behind one /24 or /48 seldom reaches it."""
LEAST = {4: {32: 5, 24: 8, 16: 12}, 6: {64: 5, 56: 6, 48: 8, 32: 12}}
"""Visits that any network may make at the same time, however small the pool is: a family, a small office. It never holds the
last number of a pool."""
SUBSCRIBER_SHARE, SUBSCRIBER_LEAST = 0.1, 5
"""A subscriber's network (/24, /56) is quiet if its bucket of so many visits within one holding time is full."""
BUSY, WIDE_BUSY = 0.7, 0.1
"""A subscriber's network whose bucket holds this part or less gives up its numbers to visitors from quiet networks if the
pool is empty. With the smallest bucket, that is the second visit within some minutes. Another network does so when it has
asked for nearly its whole share."""
MAX_BUSY = 5_000
"""Busy networks of one company that are remembered; above it the first ones are forgotten."""

Share = Literal["all", "unreserved", "none"]
"""What a visit may be lent from a pool: all of it, all but its reserve, or nothing."""


class Limits:
    """Rate limits of the visits and of the pools, in one process. Thread-safe."""

    def __init__(self, most: int = MAX_BUCKETS) -> None:
        self._visits = NetworkLimiter(VISITS, most)
        self._asked, self._seen = Buckets(most), Buckets(most)
        self._lock = threading.Lock()
        self._holdings: dict[str, Holdings] = {}
        self._busy: dict[str, dict[Network, None]] = {}
        """Company → the networks that were busy when they asked last: all that may have to give up numbers."""
        self._unsaved: list[tuple[str, str]] = []

    def may_record(self, company_id: str, networks: Networks, now: datetime) -> bool:
        """Whether one more visit to the company is recorded."""
        return self._visits.may(company_id, networks, now)

    def share(self, company_id: str, networks: Networks, pools: Sequence[Tracker], size: int, now: datetime) -> Share:
        """Count a visit from a network, a robot's too, and return what it may be lent from pools of `size` numbers.

        The first visitor from a quiet network may take the last number; the next ones leave the reserve alone. A
        network that asks for more than its part of the pool gets none while it continues. A visit without networks
        (see `hub.platform.rate_limit.networks_of`) is not limited.
        """
        if not networks or not pools:
            return "all"
        hold = max(1, min(pool.hold_seconds for pool in pools))
        often = max(SUBSCRIBER_LEAST, size * SUBSCRIBER_SHARE)
        subscriber = next(each for each in networks if each.is_subscriber)
        seen = self._seen.use((company_id, subscriber.text), (often, often / hold), now)
        request = [((company_id, each.text), _asks(each, size, hold)) for each in networks]
        left = self._asked.take_all(request, None, now)
        self._note_busy(
            company_id,
            [
                each
                for each, level, (_, (capacity, _)) in zip(networks, left or [0.0] * len(request), request, strict=True)
                if (seen - 1 / often <= BUSY if each.is_subscriber else level - 1 / capacity <= WIDE_BUSY)
            ],
        )
        if left is None:
            return "none"
        return "all" if seen * often > often - 1 and min(left) > 0.5 else "unreserved"

    def hold(
        self, company_id: str, visit_id: str, networks: Networks, pools: Sequence[Tracker], size: int, now: datetime
    ) -> bool:
        """Let a visit hold a number for one more holding time, if each of its networks may hold one more.

        A visit that moves to another network, such as from Wi-Fi to mobile, is counted there from then on.
        """
        if not networks or not pools:
            return True
        until = now + timedelta(seconds=max(pool.hold_seconds for pool in pools))
        most = [(each, min(max(1, size - 1), int(_capacity(each, size)))) for each in networks]
        with self._lock:
            held = self._holdings.setdefault(company_id, Holdings()).hold(visit_id, most, until, now)
            if held == "new":
                self._unsaved.append((company_id, visit_id))
            return held != "full"

    def release(self, company_id: str, visit_id: str) -> None:
        """A visit holds no number, or not any more."""
        with self._lock:
            if company_id in self._holdings:
                self._holdings[company_id].release(visit_id)

    def saved(self, *, done: bool) -> None:
        """What was held since the last call is committed, or (not `done`) undone."""
        with self._lock:
            undone, self._unsaved = [] if done else self._unsaved, []
            for company_id, visit_id in undone:
                self._holdings[company_id].release(visit_id)

    def recall(self, company_id: str, waiting: Collection[str], count: int, now: datetime) -> list[str]:
        """About `count` visits that hold numbers of a company, of the networks that ask most; each is returned one time.
        Visits that are `waiting` for a number hold none yet. It takes as long as busy networks hold numbers, however
        many others do."""
        with self._lock:
            holdings = self._holdings.get(company_id)
            if holdings is None:
                return []
            recalled: list[str] = []
            busy = self._busiest(company_id, holdings.holding(self._busy.get(company_id, {}), now), now)
            self._busy[company_id] = dict.fromkeys(busy)
            for network in busy:
                lent = [visit_id for visit_id in holdings.newest_of(network) if visit_id not in waiting]
                for visit_id in lent[: count - len(recalled)]:
                    holdings.release(visit_id)
                    recalled.append(visit_id)
            return recalled

    def _note_busy(self, company_id: str, networks: Iterable[Network]) -> None:
        with self._lock:
            busy = self._busy.setdefault(company_id, {})
            busy.update(dict.fromkeys(networks))
            while len(busy) > MAX_BUSY:
                del busy[next(iter(busy))]

    def _busiest(self, company_id: str, networks: Iterable[Network], now: datetime) -> list[Network]:
        """The busy ones of these networks, those that ask most first."""
        found = []
        for network in networks:
            buckets, busy = (self._seen, BUSY) if network.is_subscriber else (self._asked, WIDE_BUSY)
            fullness = buckets.fullness((company_id, network.text), now)
            if fullness <= busy:
                found.append((fullness, network))
        return [network for _, network in sorted(found)]


def form_cost(size: int) -> int:
    """What a form of `size` bytes counts."""
    return 1 + size // FORM_BYTES


def _capacity(network: Network, size: int) -> float:
    return max(LEAST[network.version][network.prefix], size * POOL_SHARES[network.version][network.prefix])


def _asks(network: Network, size: int, hold: int) -> Limit:
    capacity = _capacity(network, size)
    return capacity, capacity / hold


@dataclass(slots=True)
class _Holding:
    networks: tuple[Network, ...]
    until: datetime


class Holdings:
    """The numbers that the visits of one company hold."""

    def __init__(self) -> None:
        self._by_visit: dict[str, _Holding] = {}
        self._by_network: dict[Network, dict[str, None]] = {}
        """Network → its visits, newest last."""
        self._ends: list[tuple[datetime, str]] = []

    def hold(
        self, visit_id: str, most: Sequence[tuple[Network, int]], until: datetime, now: datetime
    ) -> Literal["known", "new", "full"]:
        """Let a visit hold a number until then. `most` are its networks with what each may hold; nothing changes if one of
        them is full."""
        self._expire(now)
        networks = tuple(network for network, _ in most)
        known = self._by_visit.get(visit_id)
        if known is not None and known.networks == networks:
            known.until = until
            return "known"
        stays = set(known.networks) if known is not None else set()
        if any(len(self._by_network.get(each, ())) >= room for each, room in most if each not in stays):
            return "full"
        self.release(visit_id)
        self._by_visit[visit_id] = _Holding(networks, until)
        heapq.heappush(self._ends, (until, visit_id))
        for each in networks:
            self._by_network.setdefault(each, {})[visit_id] = None
        return "new" if known is None else "known"

    def release(self, visit_id: str) -> None:
        """The visit holds nothing any more."""
        known = self._by_visit.pop(visit_id, None)
        for each in known.networks if known is not None else ():
            visits = self._by_network[each]
            del visits[visit_id]
            if not visits:
                del self._by_network[each]

    def holding(self, networks: Iterable[Network], now: datetime) -> list[Network]:
        """Those of the networks that hold something."""
        self._expire(now)
        return [network for network in networks if network in self._by_network]

    def newest_of(self, network: Network) -> list[str]:
        """The visits of a network, newest first."""
        return list(reversed(self._by_network.get(network, {})))

    def _expire(self, now: datetime) -> None:
        while self._ends and self._ends[0][0] <= now:
            _, visit_id = heapq.heappop(self._ends)
            known = self._by_visit.get(visit_id)
            if known is None:
                continue
            if known.until <= now:
                self.release(visit_id)
            else:
                heapq.heappush(self._ends, (known.until, visit_id))
