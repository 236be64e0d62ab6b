"""The sockets of the SIP port: UDP, TCP or TLS outside, UDP on loopback towards the stack."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
from collections import Counter
from collections.abc import Callable

from plugins.carriers.sip.engine.addresses import ANY, for_socket, is_within, plain, reaches, route_to, serve
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.message import MAX_BYTES

MAX_CONNECTIONS = 200
"""Of the trunk's own addresses."""
MAX_UNKNOWN, MAX_OF_AN_UNKNOWN = 50, 5
"""Connections of others whose caller has proved no password, with `caller_username`: of all addresses, and of one."""
MAX_UNPROVEN, MAX_OF_A_SOURCE = 200, 50
"""Connections to the phones' port whose phone has not signed in: of all addresses, and of one, which may be an office."""
FIRST_MESSAGE_S, UNPROVEN_S = 10.0, 20.0
"""How long one that must prove a password may wait with its first message, and with the proof."""
IDLE_S = 900.0
CONNECT_S = 4.0
PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "fc00::/7",
            "fe80::/10",
            "::1/128",
        ),
    )
)
"""Networks behind a NAT: RFC 1918, 4193, 4291 and 6598."""
_LENGTH = re.compile(rb"\r\n(?:content-length|l)\s*:\s*(\d{1,6})\s*\r\n", re.IGNORECASE)

Receive = Callable[[bytes, Peer], None]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._receive(data, (plain(addr[0]), addr[1]))


class Unproven:
    """The connections of a port that have proved no password. They are counted apart from all others. If their number is
    reached, a new one takes the place of the oldest one of the address that holds most."""

    def __init__(self, most: int, of_an_address: int) -> None:
        self._most, self._of_an_address = most, of_an_address
        self._open: dict[Peer, asyncio.StreamWriter] = {}

    def __contains__(self, peer: Peer) -> bool:
        return peer in self._open

    def admit(self, peer: Peer, writer: asyncio.StreamWriter) -> bool:
        """Count a connection, if it may stay."""
        held = Counter(each.host for each in self._open)
        if held[peer.host] >= self._of_an_address:
            return False
        if len(self._open) >= self._most:
            host, most = held.most_common(1)[0]
            if most <= held[peer.host] + 1:
                return False
            self._open.pop(next(each for each in self._open if each.host == host)).transport.abort()
        self._open[peer] = writer
        return True

    def forget(self, peer: Peer) -> None:
        """It has proved a password, or is closed."""
        self._open.pop(peer, None)


class Ports:
    """All sockets; `receive` and `receive_stack` get what comes."""

    def __init__(
        self, *, host: str, port: int, transport: str, external: str, trunk_name: str, tls: ssl.SSLContext | None,
        from_trunk: Callable[[str], bool] = lambda host: True, signs_in: bool = False,
    ) -> None:  # fmt: skip
        """`external` is the address that the world sees, if not ours; `trunk_name` is on the trunk's certificate. With
        `signs_in` other addresses than those `from_trunk` may connect, to prove a password."""
        self._from_trunk, self._signs_in = from_trunk, signs_in
        self._strangers = Unproven(MAX_UNKNOWN, MAX_OF_AN_UNKNOWN)
        self._unproven = Unproven(MAX_UNPROVEN, MAX_OF_A_SOURCE)
        self._host, self._port, self._transport = host, port, transport
        self._external, self._trunk_name, self._tls = external, trunk_name, tls
        self.names: dict[Peer, str] = {}
        """The host on the certificate of each of the trunk's places; that of any other peer is the trunk's first."""
        self._udp: asyncio.DatagramTransport | None = None
        self._inner: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._phones: asyncio.Server | None = None
        self._phones_port, self._unproven_s = 0, UNPROVEN_S
        self._gone: Callable[[Peer], None] = lambda peer: None
        self._streams: dict[Peer, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack: tuple[str, int] = ("127.0.0.1", 0)
        self._receive: Receive = lambda data, peer: None
        self.inside: tuple[str, int] = ("127.0.0.1", 0)

    async def open_inside(self, stack: tuple[str, int], receive_stack: Callable[[bytes], None]) -> None:
        """Open the loopback socket; only the stack itself is heard on it."""
        self._stack = stack
        self._inner = await _datagrams(
            ("127.0.0.1", 0), lambda data, source: receive_stack(data) if source == stack else None
        )
        self.inside = self._inner.get_extra_info("sockname")

    async def open_outside(self, receive: Receive) -> None:
        """Open the port to the world."""
        self._receive = receive
        if self._transport == "udp":
            self._udp = await _datagrams(
                (self._host, self._port), lambda data, source: receive(data, Peer("udp", *source))
            )
        else:
            self._server = await serve(self._accept, self._host, self._port)

    async def open_phones(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext,
        gone: Callable[[Peer], None],
        unproven_s: float = UNPROVEN_S,
    ) -> None:
        """Open the port of the business's phones, over TLS; `gone` hears of each connection that is closed."""
        self._phones_port, self._gone, self._unproven_s = port, gone, unproven_s
        self._phones_tls = tls
        self._phones = await serve(self._accept_phone, host, port)

    def proven(self, peer: Peer) -> None:
        """A connection's party has proved its password."""
        self._waiting(peer).forget(peer)

    def to_stack(self, data: bytes) -> None:
        """Send to the stack."""
        if self._inner:
            self._inner.sendto(data, self._stack)

    def to_peer(self, peer: Peer, data: bytes) -> None:
        """Send outside; over TCP and TLS through the connection there is, else through a new one."""
        if peer.transport == "udp":
            if self._udp:
                self._udp.sendto(data, (for_socket(self._host, peer.host), peer.port))
        elif (stream := self._streams.get(peer)) and not stream.is_closing():
            stream.write(data)
        elif not peer.phone:
            self._keep(asyncio.create_task(self._connect(peer, data)))

    def outside(self, peer: Peer) -> tuple[str, int]:
        """The address and port at which this peer reaches us. Who is inside the NAT, a proxy for example, gets our own."""
        return self._local(peer) if is_within(peer.host, PRIVATE) else self.media(peer), (
            self._phones_port if peer.phone else self._port
        )

    def media(self, peer: Peer) -> str:
        """The address at which this peer's sound reaches us."""
        return self._external if self._external and reaches(self._external, peer.host) else self._local(peer)

    async def close(self) -> None:
        """Close every socket."""
        for transport in (self._udp, self._inner):
            if transport:
                transport.close()
        for server in (self._server, self._phones):
            if server:
                server.close()
        for stream in self._streams.values():
            stream.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _local(self, peer: Peer) -> str:
        return self._host if self._host not in ANY else route_to(peer.host)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = _source(writer)
        peer = Peer(self._transport, host, port)
        if self._from_trunk(host):
            admitted = sum(self._from_trunk(each.host) and not each.phone for each in self._streams) < MAX_CONNECTIONS
        else:
            admitted = self._signs_in and self._strangers.admit(peer, writer)
        if not admitted:
            writer.transport.abort()
            return
        await self._serve(peer, reader, writer, self._tls if self._transport == "tls" else None)

    async def _accept_phone(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer("tls", *_source(writer), phone=True)
        if not self._unproven.admit(peer, writer):
            writer.transport.abort()
            return
        _keep_alive(writer.get_extra_info("socket"))
        try:
            await self._serve(peer, reader, writer, self._phones_tls)
        finally:
            self._gone(peer)

    async def _serve(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext | None
    ) -> None:
        """Read a connection that is counted already, so that a TLS handshake is begun with no more than may be open."""
        try:
            if tls:
                await writer.start_tls(tls, ssl_handshake_timeout=CONNECT_S)
            await self._read(peer, reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._waiting(peer).forget(peer)

    async def _connect(self, peer: Peer, data: bytes) -> None:
        context = ssl.create_default_context() if peer.transport == "tls" else None
        name = self.names.get(peer, self._trunk_name) if context else None
        with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
            opened = asyncio.open_connection(peer.host, peer.port, ssl=context, server_hostname=name)
            reader, writer = await asyncio.wait_for(opened, CONNECT_S)
            writer.write(data)
            await self._read(peer, reader, writer)

    async def _read(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Cut a stream into messages (RFC 3261 section 18.3); anything else ends the connection."""
        self._streams[peer] = writer
        clock, waiting = asyncio.get_running_loop().time, self._waiting(peer)
        first, until = clock() + min(FIRST_MESSAGE_S, self._unproven_s), clock() + self._unproven_s
        try:
            while True:
                idle = (first or until) - clock() if peer in waiting else IDLE_S
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), idle)
                if not head.strip(b"\r\n"):
                    if peer.phone:
                        writer.write(b"\r\n")  # RFC 5626 section 4.4.1: the answer to a keep-alive
                    continue
                found = _LENGTH.search(head)
                size = int(found[1]) if found else 0
                if len(head) + size > MAX_BYTES:
                    return
                self._receive(head.lstrip(b"\r\n") + await asyncio.wait_for(reader.readexactly(size), idle), peer)
                first = 0.0
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            return
        finally:
            self._streams.pop(peer, None)
            writer.close()

    def _waiting(self, peer: Peer) -> Unproven:
        return self._unproven if peer.phone else self._strangers


def _keep_alive(connection: socket.socket) -> None:
    """Let the system keep a NAT's binding of a connection, and close one whose other end is gone."""
    for option, value in ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3)):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def _datagrams(
    address: tuple[str, int], receive: Callable[[bytes, tuple[str, int]], None]
) -> asyncio.DatagramTransport:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(receive), local_addr=address
    )
    return transport


def _source(writer: asyncio.StreamWriter) -> tuple[str, int]:
    host, port = writer.get_extra_info("peername")[:2]
    return plain(host), port
