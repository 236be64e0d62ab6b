"""Connections that lead only where they may: a name is resolved once, all its addresses are checked, and the connection goes to
a checked one. So neither a name of this network nor one that changes between check and use reaches anything inside.

Source: OWASP, Server-Side Request Forgery Prevention; ASVS 5.0 V1.3.6.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence

import httpcore

Resolve = Callable[[str, int], Sequence[tuple[str, int]]]


def resolved(host: str, port: int) -> list[tuple[str, int]]:
    """The addresses of a name; httpcore's ConnectError if it has none now."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address ({error})") from None
    return list(dict.fromkeys((str(each[4][0]).partition("%")[0], port) for each in found))


class CheckedConnections(httpcore.SyncBackend):
    """Opens connections for an httpcore pool. `refuse` is called with a host and its addresses, and raises if they may not be
    connected to."""

    def __init__(self, refuse: Callable[[str, Sequence[str]], None], resolve: Resolve = resolved) -> None:
        self._refuse, self._resolve = refuse, resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that answers."""
        places = self._resolve(host.strip("[]"), port)
        self._refuse(host, [address for address, _ in places])
        for place in places[:-1]:
            try:
                return super().connect_tcp(*place, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(*places[-1], timeout, local_address, socket_options)
