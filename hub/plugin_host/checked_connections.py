"""Connections that lead only where they may: a name is resolved once, all its addresses are checked, and the connection goes to
a checked one. So neither a name of this network nor one that changes between check and use reaches anything inside.

Source: OWASP, Server-Side Request Forgery Prevention; ASVS 5.0 V1.3.6.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import httpcore2
import httpx2

from hub.errors import Rejected
from hub.plugin_host.network.brokered_sockets import HostRefused

MAX_ADDRESSES_TRIED = 4
"""Of a name with many addresses, so that one request does not wait for each of them."""
Resolve = Callable[[str, int], Sequence[tuple[str, int]]]


@cache
def trusted_authorities() -> ssl.SSLContext:
    """The certificates of this machine's authorities, for all clients: to read them takes longer than many requests."""
    return httpx2.create_ssl_context(trust_env=False)


def connecting_by(connections: httpcore2.NetworkBackend) -> httpx2.HTTPTransport:
    """A transport whose connections are opened by `connections`. httpx2 has no parameter for it;
    tests/plugins_core/test_http_client.py notices if this ends to work."""
    transport = httpx2.HTTPTransport(verify=trusted_authorities(), trust_env=False)
    transport._pool._network_backend = connections
    return transport


class NoAddress(httpcore2.ConnectError):
    """A name has no address now."""


def resolved(host: str, port: int) -> list[tuple[str, int]]:
    """The addresses of a name; NoAddress if it has none now."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress(f"{host} has no address ({error})") from None
    return list(dict.fromkeys((str(each[4][0]).partition("%")[0], port) for each in found))


class CheckedConnections(httpcore2.SyncBackend):
    """Opens connections for an httpcore2 pool. `refuse` is called with a host and its addresses, and raises if they may not be
    connected to. After `until` (monotonic seconds) nothing more is read, however slowly the other side goes on to answer."""

    def __init__(
        self,
        refuse: Callable[[str, Sequence[str]], None],
        resolve: Resolve = resolved,
        until: float | None = None,
    ) -> None:
        self._refuse, self._resolve, self._until = refuse, resolve, until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first of the host's addresses that answers."""
        places = self._resolve(host.strip("[]"), port)
        self._refuse(host, [address for address, _ in places])
        *others, last = places[:MAX_ADDRESSES_TRIED]
        for place in others:
            try:
                return self._timed(super().connect_tcp(*place, timeout, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._timed(super().connect_tcp(*last, timeout, local_address, socket_options))

    def _timed(self, stream: httpcore2.NetworkStream) -> httpcore2.NetworkStream:
        return stream if self._until is None else TimedStream(stream, self._until)


class BrokeredConnections(httpcore2.SyncBackend):
    """The same in a plugin host, where the hub resolves, checks and connects. Rejected if it refuses a host."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection that the hub opened."""
        try:
            return super().connect_tcp(host, port, timeout, local_address, socket_options)
        except httpcore2.ConnectError as error:
            if isinstance(error.__cause__, HostRefused):
                raise Rejected(str(error.__cause__.strerror)) from None
            raise


class TimedStream(httpcore2.NetworkStream):
    """A connection on which nothing is read after `until` (monotonic seconds)."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, within the time that is left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the whole answer took too long")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._until)

    def get_extra_info(self, info: str) -> object:
        """What the socket knows."""
        return self._stream.get_extra_info(info)
