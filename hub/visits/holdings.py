"""Which visits hold numbers of a company's pools, by network: the memory of one process, bounded by the pools' sizes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.platform.rate_limit import Network


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

    def networks(self, now: datetime) -> Iterable[Network]:
        """The networks that hold something."""
        self._expire(now)
        return list(self._by_network)

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
