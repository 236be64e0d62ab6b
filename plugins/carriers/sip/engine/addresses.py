"""IPv4 and IPv6 addresses: a socket that listens on `::` serves both."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from functools import lru_cache

ANY = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, never bound
MAPPED = "::ffff:"
"""How an IPv6 socket writes an IPv4 address (RFC 4291 section 2.5.5.2)."""
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


def is_six(host: str) -> bool:
    """Whether an address is one of IPv6."""
    return ":" in host


def family(host: str) -> socket.AddressFamily:
    """That of a socket which is bound to an address."""
    return socket.AF_INET6 if is_six(host) else socket.AF_INET


def reaches(bound: str, host: str) -> bool:
    """Whether a socket that is bound to an address can send to another one."""
    return bound == "::" or is_six(bound) == is_six(host)


def plain(host: str) -> str:
    """An address as people write it."""
    return host.removeprefix(MAPPED) if "." in host else host


def for_socket(bound: str, host: str) -> str:
    """An address as a socket that is bound to `bound` wants it."""
    return f"{MAPPED}{host}" if is_six(bound) and not is_six(host) else host


def in_uri(host: str) -> str:
    """A host as it stands in a URI or a Via (RFC 3261 section 25.1)."""
    return f"[{host}]" if is_six(host) and not host.startswith("[") else host


@lru_cache(maxsize=64)
def route_to(host: str) -> str:
    """Our address on the way to a host; nothing is sent."""
    with socket.socket(family(host), socket.SOCK_DGRAM) as probe:
        probe.connect((host, 5060))
        address: str = probe.getsockname()[0]
    return address


def is_within(host: str, networks: Networks) -> bool:
    """Whether an address belongs to one of these networks."""
    address = ipaddress.ip_address(host)
    return any(address.version == network.version and address in network for network in networks)


async def serve(
    connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], host: str, port: int
) -> asyncio.Server:
    """Listen for connections."""
    if is_six(host):
        return await asyncio.start_server(
            connected, sock=socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=host == "::")
        )
    return await asyncio.start_server(connected, host, port)
