"""The sound's way through the port: RTP and RTCP of each leg pass on to the stack from its own party alone, and back.

A leg has a pair of ports outside. Who may send to it is known from the signalling: the address that its SDP names, the one that
its SIP comes from, and the trunk's. Sound goes back to where it really comes from (symmetric RTP, RFC 4961), so that a party
behind NAT hears it. The stack's own ports are bound to every address, so each is connected to ours: the kernel drops the rest.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from random import SystemRandom

from plugins.carriers.sip.engine.addresses import family, for_socket, is_six, plain, reaches
from plugins.carriers.sip.engine.guard.calls import NoPorts
from plugins.carriers.sip.engine.guard.sdp import Party

LOOPBACK = "127.0.0.1"
MOVE_S = 0.1
"""A source that was silent for so long may be replaced by another one of the same party: five packets."""
MAX_PACKET = 2048
EXPEDITED = 0xB8
"""DSCP EF for sound (RFC 4594)."""
KINDS = (0, 1)
"""RTP and, one port above it, RTCP."""
WIDTH = 5_000
INSIDE = (22_000, 27_000, 42_000)
"""Where a range of so many ports for the stack may begin."""
POLL_S = 0.1
NEAR = 64
"""So many descriptors on either side of a leg's own are asked before all others."""


class Stream:
    """One leg's sound."""

    def __init__(
        self, relay: RtpRelay, port: int, sockets: list[socket.socket], allowed: Callable[[str], bool]
    ) -> None:
        """`port` is the one for RTP outside; `allowed` knows the hosts that the leg's signalling vouches for."""
        self.port, self.sockets, self.stack = port, sockets, 0
        self._relay, self._allowed = relay, allowed
        self._party: Party | None = None
        self.to: list[tuple[str, int] | None] = [None, None]
        self._source: list[tuple[str, int] | None] = [None, None]
        self._heard = [0.0, 0.0]

    def point(self, party: Party | None) -> None:
        """The party's SDP says where it listens; None if it listens nowhere (hold)."""
        if party and party == self._party:
            return
        self._party = party
        self.to = [(party.host, party.port), (party.host, party.rtcp)] if party else [None, None]
        self._source, self._heard = [None, None], [0.0, 0.0]

    def at_stack(self, port: int) -> None:
        """The stack's SDP says where it listens."""
        if port and port != self.stack:
            self.stack = port
            self._relay.join(self)

    def close(self) -> None:
        """Give the ports back; harmless again."""
        self._relay.leave(self)

    def follows(self, kind: int, source: tuple[str, int], now: float) -> bool:
        """Whether a packet is the party's; from a new address it is if the party is allowed there and its old one is silent."""
        if source != self._source[kind]:
            named = self._party is not None and source[0] == self._party.host
            if not (named or self._allowed(source[0])) or now - self._heard[kind] < MOVE_S:
                return False
            self._source[kind] = source
            if self._party:
                self.to[kind] = source
        self._heard[kind] = now
        return True


class RtpRelay:
    """All legs' sound, on a thread of its own."""

    def __init__(self, host: str, ports: tuple[int, int], clock: Callable[[], float] = time.monotonic) -> None:
        """`host` is our address outside, `ports` the first and the last one there."""
        self._host, self._clock = host, clock
        self._free = list(range(ports[0] + ports[0] % 2, ports[1], 2))
        SystemRandom().shuffle(self._free)
        self._inside, self.inside_port = _inside_pair()
        self._epoll = select.epoll()
        self._from_party: dict[int, tuple[Stream, int]] = {}
        self._from_stack: dict[int, Stream] = {}
        self._over: deque[Stream] = deque()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="rtp", daemon=True)
        for each in self._inside:
            self._epoll.register(each, select.EPOLLIN)
        self._thread.start()

    @property
    def free(self) -> int:
        """How many more legs there are ports for."""
        return len(self._free)

    def reaches(self, host: str) -> bool:
        """Whether sound can be sent to an address."""
        return reaches(self._host, host)

    def open(self, allowed: Callable[[str], bool]) -> Stream:
        """Ports for a leg. Raises `NoPorts`."""
        for _ in range(len(self._free)):
            port = self._free.pop(0)
            try:
                sockets = _pair(self._host, port)
            except OSError:
                self._free.append(port)  # another program's
                continue
            stream = Stream(self, port, sockets, allowed)
            for kind in KINDS:
                self._from_party[sockets[kind].fileno()] = (stream, kind)
                self._epoll.register(sockets[kind], select.EPOLLIN)
            return stream
        raise NoPorts("Every port for sound is taken.")

    def join(self, stream: Stream) -> None:
        """The stack listens now: let its ports hear nobody but us."""
        self._from_stack = {port: each for port, each in self._from_stack.items() if each is not stream}
        self._from_stack[stream.stack] = stream
        _shut_in({stream.stack + kind: self._inside[kind].getsockname() for kind in KINDS}, stream.sockets[0].fileno())

    def leave(self, stream: Stream) -> None:
        """The leg is over; its sockets are closed by the thread that reads them."""
        self._over.append(stream)

    def close(self) -> None:
        """End the thread and close everything."""
        self._stop = True
        self._thread.join()
        for stream, _ in list(self._from_party.values()):
            self._close(stream)
        for each in self._inside:
            each.close()
        self._epoll.close()

    def _run(self) -> None:
        inside = {each.fileno(): kind for kind, each in enumerate(self._inside)}
        while not self._stop:
            while self._over:
                self._close(self._over.popleft())
            for number, _ in self._epoll.poll(POLL_S):
                with contextlib.suppress(OSError):
                    if number in inside:
                        self._out(inside[number])
                    elif found := self._from_party.get(number):
                        self._in(*found)

    def _in(self, stream: Stream, kind: int) -> None:
        packet, (host, port, *_) = stream.sockets[kind].recvfrom(MAX_PACKET)
        source = plain(host), port
        if len(packet) > 7 and packet[0] >> 6 == 2 and stream.stack and stream.follows(kind, source, self._clock()):
            self._inside[kind].sendto(packet, (LOOPBACK, stream.stack + kind))

    def _out(self, kind: int) -> None:
        packet, source = self._inside[kind].recvfrom(MAX_PACKET)
        stream = self._from_stack.get(source[1] - kind)
        if stream and (to := stream.to[kind]):
            stream.sockets[kind].sendto(packet, (for_socket(self._host, to[0]), to[1]))

    def _close(self, stream: Stream) -> None:
        if stream.sockets[0].fileno() < 0:
            return
        if self._from_stack.get(stream.stack) is stream:
            del self._from_stack[stream.stack]
        for each in stream.sockets:
            self._from_party.pop(each.fileno(), None)
            each.close()
        self._free.append(stream.port)


def stack_ports(outside: tuple[int, int]) -> tuple[int, int]:
    """The first and the last port for the stack's side: apart from those outside, as both are bound on this machine."""
    begin = next((each for each in INSIDE if outside[1] < each or outside[0] >= each + WIDTH), None)
    if begin is None:
        raise NoPorts("rtp_ports is so wide that no ports are left for the inside; 4 for each call at once are enough.")
    return begin, begin + WIDTH - 1


def _pair(host: str, port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for kind in KINDS:
            sockets.append(socket.socket(family(host), socket.SOCK_DGRAM))
            sockets[kind].setblocking(False)
            sockets[kind].setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED)
            if is_six(host):
                sockets[kind].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, EXPEDITED)
            sockets[kind].bind((host, port + kind))
    except OSError:
        for each in sockets:
            each.close()
        raise
    return sockets


def _inside_pair() -> tuple[list[socket.socket], int]:
    for begin in INSIDE:
        for port in SystemRandom().sample(range(begin, begin + WIDTH, 2), WIDTH // 2):
            with contextlib.suppress(OSError):
                return _pair(LOOPBACK, port), port
    raise NoPorts("No pair of UDP ports is free on this machine.")


def _shut_in(peers: dict[int, tuple[str, int]], near: int) -> None:
    """Connect the sockets of this process on these ports, which are the stack's, to their one peer. They were opened about when
    the descriptor `near` was, so they are looked for from there: to ask all descriptors holds every call up."""
    left = dict(peers)
    for each in _descriptors(near):
        with contextlib.suppress(OSError):
            found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, fileno=each)
            try:
                name = found.getsockname()
            finally:
                found.detach()
            port = name[1] if isinstance(name, tuple) else 0
            if port in left:
                _connect(each, port, left[port])
                del left[port]
        if not left:
            return


def _descriptors(near: int) -> Iterator[int]:
    yield from sorted(range(max(0, near - NEAR), near + NEAR), key=lambda each: abs(each - near))
    yield from (int(each.name) for each in Path("/proc/self/fd").iterdir())


def _connect(descriptor: int, port: int, peer: tuple[str, int]) -> None:
    """Connect a UDP socket, held by a copy, because the stack may close it and open something else under its number."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        udp = copy.family == socket.AF_INET and copy.type == socket.SOCK_DGRAM
        if udp and copy.getsockname()[1] == port:
            copy.connect(peer)
