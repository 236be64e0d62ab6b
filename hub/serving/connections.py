"""The open connections of a web server: how long a request may take to arrive, and who is closed when there are too many.

A connection is *incomplete* from its opening, or from the first byte of its next request, until the whole request has
arrived. Only event loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hub.platform import metrics
from hub.serving.process_limits import file_limit

REQUEST_SECONDS = 10.0
"""How long a whole request may take to arrive."""
MIN_BYTES_PER_SECOND = 16_000
"""A larger body may take longer, if it arrives at this speed."""
SWEEP_SECONDS = 1.0
MAX_CONNECTIONS = 4_000
MAX_BACKLOG = 2_048
MAX_PER_PEER = 100
"""Connections from one public address. A proxy in `hub.trusted_proxies` may have all, and so may private addresses."""
MAX_ARRIVING_BYTES = 32_000_000
"""Bytes of requests that are not complete."""
CONNECTIONS_SHARE, BACKLOG_SHARE = 1 / 2, 3 / 8
"""Of the descriptors: open connections, and those that may be accepted in one turn of the event loop until others are
closed for them. The rest is for the database, recordings and providers."""


@dataclass(frozen=True)
class ConnectionLimits:
    """How many connections may be open."""

    connections: int = MAX_CONNECTIONS
    per_peer: int = MAX_PER_PEER
    arriving_bytes: int = MAX_ARRIVING_BYTES
    backlog: int = MAX_BACKLOG
    """Connections that the system may accept before the server sees them."""

    @classmethod
    def of_process(cls) -> ConnectionLimits:
        """As many as this process has descriptors for."""
        files = file_limit()
        connections = min(MAX_CONNECTIONS, int(files * CONNECTIONS_SHARE))
        return cls(connections, backlog=min(MAX_BACKLOG, int(files * BACKLOG_SHARE)))


class Connection(Protocol):
    """One connection, as the server's protocol class implements it."""

    peer: str
    """The address that it comes from; empty if unknown."""
    arrived: int
    """Bytes of its incomplete request."""

    def waits_for_us(self) -> bool:
        """Whether reading is paused, so that it is not the client that is slow."""

    def late(self) -> None:
        """Answer that the request took too long, and close."""

    def cut(self) -> None:
        """Close at once."""


class Connections:
    """All connections of one server."""

    def __init__(
        self,
        limits: ConnectionLimits,
        trusts: Callable[[str], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits, self._trusts, self._monotonic = limits, trusts, monotonic
        self._open: set[Connection] = set()
        self._per_peer: Counter[str] = Counter()
        self._incomplete: dict[Connection, float] = {}
        self._idle: dict[Connection, None] = {}
        self._stalled: dict[Connection, None] = {}
        self._arriving = 0
        self._sweeping = False

    def opened(self, new: Connection) -> None:
        """A connection was accepted. If there are too many, another one is closed, or this one."""
        self._open.add(new)
        self._incomplete[new] = self._monotonic()
        self._per_peer[new.peer] += 1
        if self._per_peer[new.peer] > self._limits.per_peer and self._is_limited(new.peer):
            self._cut(next(each for each in self._incomplete if each.peer == new.peer), "too many from one address")
        elif len(self._open) > self._limits.connections:
            self._cut(next((each for each in self._evictable() if each is not new), new), "too many")
        metrics.CONNECTIONS.set(len(self._open))
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def closed(self, gone: Connection) -> None:
        """A connection has ended."""
        if gone not in self._open:
            return
        self._open.discard(gone)
        self.complete(gone)
        self._idle.pop(gone, None)
        self._stalled.pop(gone, None)
        self._per_peer[gone.peer] -= 1
        if not self._per_peer[gone.peer]:
            del self._per_peer[gone.peer]
        metrics.CONNECTIONS.set(len(self._open))

    def received(self, source: Connection, count: int) -> None:
        """Bytes of a request came in; the first ones begin it."""
        if source in self._idle:
            del self._idle[source]
            self._incomplete[source] = self._monotonic()
        if source not in self._incomplete:
            return
        source.arrived += count
        self._arriving += count
        if self._arriving > self._limits.arriving_bytes:
            self._cut(max(self._incomplete, key=lambda each: each.arrived), "too many bytes")

    def begun(self, source: Connection) -> None:
        """A request has begun, perhaps behind another one in the same packet."""
        self._idle.pop(source, None)
        if source in self._open:
            self._incomplete.setdefault(source, self._monotonic())

    def complete(self, source: Connection) -> None:
        """The whole request has arrived."""
        self._incomplete.pop(source, None)
        self._arriving -= source.arrived
        source.arrived = 0

    def idle(self, source: Connection) -> None:
        """The request is answered; the next one may come."""
        if source in self._open and source not in self._incomplete:
            self._idle[source] = None

    def stalled(self, source: Connection, stalled: bool) -> None:
        """Whether the client does not read its answer."""
        if stalled:
            self._stalled[source] = None
        else:
            self._stalled.pop(source, None)

    def _is_limited(self, peer: str) -> bool:
        try:
            public = ipaddress.ip_address(peer.partition("%")[0]).is_global
        except ValueError:
            return False
        return public and not self._trusts(peer)

    def _evictable(self) -> list[Connection]:
        """The first is closed first: the oldest incomplete one, the longest idle one, one that does not read."""
        return [*list(self._incomplete)[:2], *list(self._idle)[:1], *list(self._stalled)[:1]]

    def _cut(self, one: Connection, why: str) -> None:
        metrics.CONNECTIONS_CUT.labels(why).inc()
        self.closed(one)
        one.cut()

    def _sweep(self) -> None:
        now = self._monotonic()
        for each, begun in list(self._incomplete.items()):
            if now - begun < REQUEST_SECONDS:
                break
            if now - begun >= REQUEST_SECONDS + each.arrived / MIN_BYTES_PER_SECOND and not each.waits_for_us():
                metrics.CONNECTIONS_CUT.labels("too slow").inc()
                each.late()
                self.closed(each)
        self._sweeping = bool(self._open)
        if self._sweeping:
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
