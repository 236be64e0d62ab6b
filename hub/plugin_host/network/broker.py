"""The hub's part of a plugin's network: it resolves a host, checks it, connects, and hands the connected socket over.

The plugin's process may open no socket itself, so this is its only way out. What travels on a connection the hub does not see:
TLS begins in the plugin.
"""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime

import httpcore2

from hub.errors import Rejected
from hub.platform.rate_limit import TokenBucket
from hub.plugin_host.checked_connections import CheckedConnections, Resolve, resolved
from hub.plugin_host.network.frames import REQUEST, Reply, Request
from hub.plugin_host.network.reachable_hosts import ReachableHosts
from hub.plugin_host.thread_pool import DaemonThreadPool

MAX_CONNECTING = 16
"""Connections of one plugin that are opened at the same time; further requests wait."""
MAX_WAITING = 64
"""Requests of one plugin that are not answered; further ones are refused."""
CONNECTS = (500.0, 50.0)
"""How many connections one plugin may open in a burst, and per second; further requests are refused."""
CONNECT_SECONDS = 20.0
SEND_SECONDS = 10.0
"""A plugin that does not take a connection within this time gets no more."""
UNREAD_BYTES = 16_384
"""Buffer for replies. It bounds how many sockets wait unread: the kernel counts those for the hub's user."""


class NetworkBroker:
    """Opens the connections of one plugin host. `broken` is called with the reason if the plugin sends anything else than
    requests."""

    def __init__(
        self,
        hosts: ReachableHosts,
        channel: socket.socket,
        broken: Callable[[str], None],
        resolve: Resolve = resolved,
    ) -> None:
        channel.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_SNDTIMEO,
            struct.pack("ll", *map(int, divmod(SEND_SECONDS * 1_000_000, 1_000_000))),
        )
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        self._hosts, self._channel, self._broken = hosts, channel, broken
        self._connections = CheckedConnections(hosts.check_addresses, resolve)
        self._pool = DaemonThreadPool(f"{hosts.connector}-network", MAX_CONNECTING)
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._connects = TokenBucket(*CONNECTS, CONNECTS[0], datetime.now(UTC))

    def serve(self) -> None:
        """Answer requests until the plugin or `close` ends the channel."""
        try:
            while len(frame := self._channel.recv(REQUEST.size, socket.MSG_WAITALL)) == REQUEST.size:
                self._submit(Request.read(frame))
        except ValueError as error:
            self._broken(f"it sent no request for a connection ({error})")
        except OSError:
            pass
        finally:
            self._pool.close()
            self.close()
            with self._sending:
                self._channel.close()

    def close(self) -> None:
        """End the channel; no more connections are handed over. It may be called twice."""
        try:
            self._channel.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _submit(self, request: Request) -> None:
        with self._lock:
            admitted = self._waiting < MAX_WAITING and self._connects.take(datetime.now(UTC)) >= 1
            self._waiting += admitted
        if admitted:
            self._pool.submit(Future(), lambda: self._answer(request))
        else:
            self._send(Reply(request.number, True, errno.EAGAIN, "the plugin opens too many connections"))

    def _answer(self, request: Request) -> None:
        try:
            reply, connection = self._connected(request)
        finally:
            with self._lock:
                self._waiting -= 1
        if connection is None:
            self._send(reply)
            return
        with connection:
            self._send(reply, connection)

    def _connected(self, request: Request) -> tuple[Reply, socket.socket | None]:
        number, limit = request.number, min(request.milliseconds / 1000, CONNECT_SECONDS)
        try:
            self._hosts.check(request.host, request.port)
            stream = self._connections.connect_tcp(request.host, request.port, limit)
        except Rejected as error:
            return Reply(number, True, errno.EACCES, str(error)), None
        except httpcore2.ConnectTimeout:
            return Reply(number, False, errno.ETIMEDOUT, f"{request.host} did not answer in time"), None
        except (httpcore2.ConnectError, OSError) as error:
            code = getattr(error.__cause__ or error, "errno", None)
            return Reply(number, False, code or errno.EHOSTUNREACH, str(error)), None
        connection: socket.socket = stream.get_extra_info("socket")
        return Reply(number), connection

    def _send(self, reply: Reply, *connections: socket.socket) -> None:
        try:
            with self._sending:
                socket.send_fds(self._channel, [reply.frame()], [each.fileno() for each in connections])
        except OSError:
            self.close()
