"""Addresses: where a request really comes from, behind proxies that we know."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.requests import Request

MOST_HOPS = 20
"""Addresses of a header that are looked at, from the end: what stands before is anybody's word."""


class Proxies:
    """The proxies whose X-Forwarded-For is believed, as networks; by default none."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(each) for each in networks)

    def client_of(self, request: Request) -> str | None:
        """The visitor's address: the last one in X-Forwarded-For that no trusted proxy has, else the peer's own.

        Each proxy adds the address of who connected to it at the end, so the header is read from there, and only as
        long as the one who wrote it is trusted.
        """
        peer = request.client.host if request.client else None
        if not self._networks or not self._trusts(peer):
            return peer
        written = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        for hop in reversed(written[-MOST_HOPS:]):
            address = _plain(hop)
            if address is None:
                break
            peer = address
            if not self._trusts(peer):
                break
        return peer

    def _trusts(self, address: str | None) -> bool:
        try:
            parsed = ipaddress.ip_address((address or "").partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed.version == network.version and parsed in network for network in self._networks)


def _plain(hop: str) -> str | None:
    """An address without its port and brackets; None for what is none."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None
