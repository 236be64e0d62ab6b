"""What the port remembers of each call: both ends' addresses, and how the way back goes."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

from plugins.carriers.sip.engine.guard.message import BadMessage, Message, tag_of
from plugins.carriers.sip.engine.guard.sdp import Party
from plugins.carriers.sip.engine.guard.seen import Seen
from plugins.carriers.sip.engine.guard.session_timer import OFFERED_S, Timer, Wanted
from plugins.carriers.sip.engine.interface import About, Packet

LINGER_S = 40.0
"""RFC 3261: 64 * T1 and a little, so that repeats of the last messages still find their call."""
WAY_S = 300.0
MAX_FORGOTTEN = 1_000
NUMBERS_OF_ONE_CALL = 100_000
"""The stack begins its CSeq numbers below 65,536 and needs few in one call."""
_TARGET = re.compile(r"<(sips?:[^<>\s]{1,512})>|^(sips?:[^<>\s;]{1,512})")
_HOST = re.compile(r"^<?sips?:(?:[^@]*@)?(\[[0-9a-fA-F:.]+\]|[^:;?>]+)(?::(\d{1,5}))?")


@dataclass(frozen=True)
class Peer:
    """One end of a SIP transport outside."""

    transport: str
    """udp, tcp or tls."""
    host: str
    port: int
    phone: bool = False
    """Whether it came to the port of the business's phones."""


@dataclass(frozen=True)
class Dialog:
    """What a request inside a call needs to reach the other end."""

    peer: Peer
    call_id: str
    sender: str
    """Our From, with its tag."""
    to: str
    """The other end, with its tag."""
    target: str
    routes: tuple[str, ...]
    number: int
    """The CSeq number of our last request."""

    @property
    def hop(self) -> Peer:
        """Where a request of this call goes next."""
        return next_hop(self.routes[0] if self.routes else self.target, self.peer)

    def encode(self) -> str:
        """As text, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Dialog:
        """Read such a text; requests are counted on from a number that the other process has not reached."""
        said = json.loads(text)
        peer, routes = Peer(**said.pop("peer")), tuple(said.pop("routes"))
        return cls(**said | {"peer": peer, "routes": routes, "number": said["number"] + NUMBERS_OF_ONE_CALL})

    def request(self, method: str, number: int, via: str) -> Message:
        """A request without a body."""
        headers = [("Via", via), *(("Route", each) for each in self.routes), ("Max-Forwards", "70")]
        headers += [("From", self.sender), ("To", self.to), ("Call-ID", self.call_id), ("CSeq", f"{number} {method}")]
        return Message(method, self.target, headers=headers)


@dataclass(frozen=True)
class Outgoing:
    """How an INVITE of ours is to look outside."""

    uri: str
    sender: str
    """The From without its tag."""
    to: str
    peer: Peer
    headers: Sequence[tuple[str, str]]
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
    key: str = ""
    """Of the plan, for a call of ours."""
    target: str = ""
    """The other end's Contact."""
    routes: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    stack: str = ""
    """The stack's Contact."""
    refuse: int = 0
    """The status of our refusal."""
    sent: float = 0.0
    """time.monotonic() when our INVITE left."""
    invite_id: str = ""
    """Our branch of the last INVITE from outside: marks a repeat of it."""
    heard: bool = False
    """Whether anything answered our INVITE."""
    described: bytes = b""
    """The other end's last description of its sound, as the stack has it."""
    contact: str = ""
    """Ours, as the other end knows it."""
    hears_at: str = ""
    """The address at which the other end listened last."""
    own_sound: bytes = b""
    """The description of our sound that the other end got last."""
    number: int = 0
    """The CSeq number of our last request outside."""
    shift: int = 0
    """How many requests of the port's own are between those of the stack: its numbers are so much higher outside."""
    parties: tuple[str, str] = ("", "")
    """Our From and the other end's, each with its tag, of a call that was taken."""
    updates: bool = False
    """Whether the other end takes UPDATE."""
    wanted: Wanted | None = None
    """The session timer that the other end's request asks for."""
    timer: Timer | None = None
    offered: int = OFFERED_S
    """The seconds of the timer that our INVITE asks for."""
    kept_invite: int = 0
    """The CSeq number of the stack's last INVITE that we answered for the other end."""
    up: bool = False
    """Whether it was taken."""
    ended: float = 0.0
    seen: Seen = field(default_factory=Seen)
    answer: Message | None = None
    """The 200 to our INVITE that the stack was given."""
    acknowledged: bool = False
    """Whether the stack acknowledged it."""
    abandoned: bool = False
    """Whether we gave our call up before it was answered."""
    hung_up: bool = False
    """Whether the port has sent BYE."""
    ended_tags: set[str] = field(default_factory=set)
    """The other end's tags of answers that the port itself ended."""

    def dialog(self, call_id: str) -> Dialog:
        """How a request reaches the other end of a call that was taken."""
        return Dialog(self.peer, call_id, *self.parties, self.target, tuple(self.routes), self.number)

    def unwanted(self, tag: str) -> bool:
        """Whether an answer with this tag is for nobody: the call was given up, or another phone behind a proxy has it."""
        if self.answer is None:
            return self.abandoned
        return tag in self.ended_tags or tag != tag_of(self.answer.get("to"))


@dataclass
class Way:
    """The way back of a response: the Vias of its request and who sent it; no peer means the stack."""

    vias: list[str]
    peer: Peer | None
    at: float
    cseq: str
    """As its sender wrote it."""


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
            self.ways[branch] = Way(request.all("via"), peer, self._clock(), request.get("cseq"))

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
    found = _HOST.search(uri)
    if not found or peer.transport != "udp":
        return peer
    host = found[1].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return peer
    return Peer("udp", host, int(found[2] or 5060))
