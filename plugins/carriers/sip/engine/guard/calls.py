"""What the port remembers of each call: both ends' addresses, and how the way back goes."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from plugins.carriers.sip.engine.guard.message import BadMessage, Message
from plugins.carriers.sip.engine.guard.sdp import Party
from plugins.carriers.sip.engine.guard.seen import Seen
from plugins.carriers.sip.engine.interface import About, Packet

LINGER_S = 40.0
"""RFC 3261: 64 * T1 and a little, so that repeats of the last messages still find their call."""
WAY_S = 300.0
MAX_FORGOTTEN = 1_000
_TARGET = re.compile(r"<(sips?:[^<>\s]{1,512})>|^(sips?:[^<>\s;]{1,512})")
_HOST = re.compile(r"sips?:(?:[^@]*@)?(\[[0-9a-fA-F:.]+\]|[^:;?>]+)(?::(\d{1,5}))?")


@dataclass(frozen=True)
class Peer:
    """One end of a SIP transport outside."""

    transport: str
    """udp, tcp or tls."""
    host: str
    port: int


@dataclass(frozen=True)
class Outgoing:
    """How an INVITE of ours is to look outside."""

    uri: str
    sender: str
    """The From without its tag."""
    to: str
    peer: Peer
    headers: Mapping[str, str]
    password: str = field(default="", repr=False)
    """Of the trunk, for its challenges."""


class NoPorts(Exception):
    """No port for sound is free."""


class Sound(Protocol):
    """One leg's sound on its way through the port."""

    port: int
    """Where the party's sound reaches us."""

    def point(self, party: Party | None) -> None:
        """The party's SDP says where it listens; None if it listens nowhere."""

    def at_stack(self, port: int) -> None:
        """The stack's SDP says where it listens."""

    def close(self) -> None:
        """Give the ports back; harmless again."""


@dataclass
class Call:
    """One dialog between somebody outside and the stack."""

    peer: Peer
    sound: Sound
    about: About | None = None
    outgoing: Outgoing | None = None
    target: str = ""
    """The other end's Contact."""
    routes: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    stack: str = ""
    """The stack's Contact."""
    refuse: tuple[int, str] | None = None
    sent: float = 0.0
    """time.monotonic() when our INVITE left."""
    invite_id: str = ""
    """Our branch of the last INVITE from outside: marks a repeat of it."""
    heard: bool = False
    """Whether anything answered our INVITE."""
    up: bool = False
    """Whether it was taken."""
    ended: float = 0.0
    seen: Seen = field(default_factory=Seen)


@dataclass
class Way:
    """The way back of a response: the Vias of its request and who sent it; no peer means the stack."""

    vias: list[str]
    peer: Peer | None
    at: float


class Ledger:
    """Calls and ways, with an end to both."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty."""
        self.calls: dict[str, Call] = {}
        self.ways: dict[str, Way] = {}
        self.forgotten: dict[str, list[Packet]] = {}
        """The signalling of calls that are over and forgotten, until somebody takes it."""
        self._clock = clock
        self._key = secrets.token_bytes(16)

    def branch(self, request: Message) -> str:
        """Our branch for a request: the same for its repeats, its CANCEL and the ACK of a refusal."""
        text = f"{request.branch}|{request.call_id}|{request.get('via').partition(';')[0]}"
        return "z9hG4bK" + hashlib.blake2s(text.encode("utf-8", "replace"), key=self._key, digest_size=12).hexdigest()

    def remember(self, branch: str, request: Message, peer: Peer | None) -> None:
        """Note the way back of a request that was passed on."""
        if request.method not in ("ACK", "CANCEL") or branch not in self.ways:
            self.ways[branch] = Way(request.all("via"), peer, self._clock())

    def end(self, call_id: str) -> None:
        """Let a call go, a little later."""
        if (call := self.calls.get(call_id)) and not call.ended:
            call.ended = self._clock()
            call.sound.close()

    def sweep(self) -> None:
        """Forget what is over."""
        now = self._clock()
        self.ways = {branch: way for branch, way in self.ways.items() if now - way.at < WAY_S}
        for call_id, call in list(self.calls.items()):
            if call.ended and now - call.ended >= LINGER_S:
                self.forget(call_id)

    def forget(self, call_id: str) -> None:
        """Forget one call; its signalling waits to be taken, for the newest calls."""
        self.forgotten[call_id] = self.calls.pop(call_id).seen.packets
        while len(self.forgotten) > MAX_FORGOTTEN:
            del self.forgotten[next(iter(self.forgotten))]


def target_of(message: Message) -> str:
    """The URI of the Contact. Raises `BadMessage` for one that cannot be used."""
    found = _TARGET.search(message.get("contact"))
    if not found:
        raise BadMessage("its Contact is missing or wrong")
    return found[1] or found[2]


def next_hop(uri: str, peer: Peer) -> Peer:
    """Where a request inside a call goes: the address in `uri` over UDP; what names no address goes where the call is."""
    found = _HOST.match(uri)
    if not found or peer.transport != "udp":
        return peer
    host = found[1].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return peer
    return Peer("udp", host, int(found[2] or 5060))
