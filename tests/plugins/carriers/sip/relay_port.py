"""A relay without sockets, between a trunk and a stack that tests speak for."""

from __future__ import annotations

from dataclasses import replace

from silent_sound import Silence

from plugins.carriers.sip.engine.guard.admission import Admission
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.digest import REALM, Digest, secrets_of
from plugins.carriers.sip.engine.guard.identity import read_about
from plugins.carriers.sip.engine.guard.invitation import outgoing
from plugins.carriers.sip.engine.guard.message import Message, decode
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.interface import Dial
from plugins.carriers.sip.engine.phones.registrar import Registrar
from plugins.carriers.sip.engine.settings import LineSettings, Phones, Trunk

TRUNK = Peer("udp", "203.0.113.10", 5060)
STRANGER = Peer("udp", "198.51.100.66", 5071)
SOUND = "v=0\r\no=- 1 1 IN IP4 203.0.113.20\r\ns=-\r\nc=IN IP4 203.0.113.20\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


def request(method: str = "INVITE", call: str = "c1", body: str = SOUND, more: str = "", to_tag: str = "") -> bytes:
    """A well-formed request of the trunk."""
    tag = f";tag={to_tag}" if to_tag else ""
    typed = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} sip:+13125550120@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK{call}{method}\r\n"
        f'Max-Forwards: 70\r\nFrom: "Ann" <sip:+14155550142@203.0.113.10>;tag=a\r\nTo: <sip:+13125550120@198.51.100.1>{tag}\r\n'
        f"Call-ID: {call}\r\nCSeq: 1 {method}\r\nContact: <sip:trunk@203.0.113.10:5060>\r\n{typed}{more}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Wires:
    """What a relay sends, both ways."""

    def __init__(self) -> None:
        self.stack: list[Message] = []
        self.peers: list[tuple[Peer, Message]] = []

    def to_stack(self, data: bytes) -> None:
        self.stack.append(decode(data))

    def to_peer(self, peer: Peer, data: bytes) -> None:
        self.peers.append((peer, decode(data)))

    def proven(self, peer: Peer) -> None: ...

    def outside(self, peer: Peer) -> tuple[str, int]:
        return "198.51.100.1", 5060

    def media(self, peer: Peer) -> str:
        return "198.51.100.1"

    def statuses(self) -> list[int]:
        return [message.status for _, message in self.peers]


class Port:
    """A relay with its wires and a clock that stands until it is moved."""

    def __init__(self, digest: bool = False, most: int = 60, phones: Phones | None = None) -> None:
        self.now, self.wires, self.most = 1000.0, Wires(), most
        signing = Digest({"pbx": secrets_of("pbx", REALM, "s3cret")}, REALM, self.clock) if digest else None
        door = Admission(["203.0.113.0/24"], digest=signing, invites_a_second=5, clock=self.clock)
        self.kept: list[Peer] = []
        line = replace(LINE, phones=phones)
        self.registrar = Registrar(line, self.kept.append, self.clock, self.clock)
        self.relay = Relay(
            self.wires, door, ("127.0.0.1", 5999), ("127.0.0.1", 5998), clock=self.clock,
            admit=lambda invite, source, at: read_about(invite, source, at, "US"),
            may_take=lambda: len(self.relay.ledger.calls) < self.most, sound=Silence(), phones=self.registrar,
        )  # fmt: skip

    def clock(self) -> float:
        return self.now


LINE = LineSettings(Trunk("203.0.113.10", user="u", password="p"))


def dialed(port: Port) -> str:
    plan = outgoing(Dial("+13125550142", "+13125550120", caller_name='A "B"'), LINE, TRUNK, "198.51.100.1")
    return port.relay.plan(plan)


def of_stack(key: str, call: str = "o1") -> bytes:
    return (
        f"INVITE sip:+13125550142@203.0.113.10 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK{call}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:line@127.0.0.1>;tag=s\r\nTo: <sip:+13125550142@203.0.113.10>\r\nCall-ID: {call}\r\n"
        f"CSeq: 7 INVITE\r\nContact: <sip:line@127.0.0.1:5999>\r\nX-Line: {key}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def methods(port: Port) -> list[str]:
    return [message.method or str(message.status) for _, message in port.wires.peers]
