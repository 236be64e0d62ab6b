"""Finds the address that a request really comes from, behind trusted proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import structlog
from starlette.requests import Request

from hub.platform.error_counts import COUNTS, ErrorCounts
from hub.platform.rate_limit import networks_of

log = structlog.get_logger(__name__)
UNLISTED_PROXY = "visitors behind an unlisted proxy"
LOG_INTERVAL = timedelta(hours=1)
MAX_KNOWN_PROXIES = 1_000
MAX_HOPS = 20
"""Addresses of a header that are read, from the end: anybody may have written the ones before."""


class Proxies:
    """The proxies whose X-Forwarded-For is trusted, as networks; none by default."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(each) for each in networks)
        self._known = set[str | None]()
        """Some of their addresses: nearly every request comes from one of few."""

    def client_of(self, request: Request) -> str | None:
        """The visitor's address: the last one in X-Forwarded-For that is not a trusted proxy's, else the peer's own.

        Each proxy appends the address of its peer, so the header is read from the end, and only while the proxy that
        wrote the entry is trusted.
        """
        peer = request.client.host if request.client else None
        if not self._networks or not self.trusts(peer):
            return peer
        written = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        for hop in reversed(written[-MAX_HOPS:]):
            address = _plain(hop)
            if address is None:
                break
            peer = address
            if not self.trusts(peer):
                break
        return peer

    def unlisted_peer(self, request: Request) -> Literal["private_peer", "public_peer"] | None:
        """Where a request with X-Forwarded-For comes from, unless that is a trusted proxy: such a proxy hides its visitors."""
        peer = request.client.host if request.client else None
        if "x-forwarded-for" not in request.headers or self.trusts(peer):
            return None
        return "public_peer" if networks_of(peer) else "private_peer"

    def trusts(self, address: str | None) -> bool:
        """Whether an address is one of the trusted proxies."""
        if address in self._known:
            return True
        try:
            parsed = ipaddress.ip_address((address or "").partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        trusted = any(parsed.version == network.version and parsed in network for network in self._networks)
        if trusted and len(self._known) < MAX_KNOWN_PROXIES:
            self._known.add(address)
        return trusted


class UnlistedProxies:
    """Counts visits that came through a proxy which is not trusted, and writes it to the log once an hour."""

    def __init__(self, counts: ErrorCounts = COUNTS) -> None:
        self._logged_at: datetime | None = None
        self._counts = counts

    def note(self, where: Literal["private_peer", "public_peer"], now: datetime) -> None:
        """Count one visit."""
        if self._logged_at is None or now - self._logged_at >= LOG_INTERVAL:
            self._logged_at = now
            log.warning(UNLISTED_PROXY, error=where)
        else:
            self._counts.note(UNLISTED_PROXY, code=where)


def _plain(hop: str) -> str | None:
    """An address without its port and brackets; None if it is not an address."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None
