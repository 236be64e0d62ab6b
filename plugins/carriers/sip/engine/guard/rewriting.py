"""What a message looks like on the other side of the port: its headers, what we say of ourselves, where a response goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from plugins.carriers.sip.engine.addresses import in_uri, is_six
from plugins.carriers.sip.engine.guard import sdp
from plugins.carriers.sip.engine.guard.admission import Verdict
from plugins.carriers.sip.engine.guard.bodies import SDP, kind_of
from plugins.carriers.sip.engine.guard.calls import Call, Peer, Sound
from plugins.carriers.sip.engine.guard.digest import signed_again
from plugins.carriers.sip.engine.guard.message import Message, tag_of
from plugins.carriers.sip.engine.guard.session_timer import TIMER, Wanted, without
from plugins.carriers.sip.engine.interface import About

TO_STACK = frozenset(
    """from to call-id cseq max-forwards content-type require supported expires timestamp
    www-authenticate proxy-authenticate retry-after rseq rack unsupported reason""".split()  # noqa: SIM905 - a list of words
)
FROM_STACK = frozenset({*TO_STACK, "authorization", "proxy-authorization"})
ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK"
AGENT, AGENT_OF_PHONES = "line", "phones"
"""The stack's users: the one of the trunk's calls, and the one of calls with the phones of the business."""
LINE = "X-Line"
"""The header by which an INVITE of the stack names what we asked it for; it never leaves the machine."""
PHRASES = {
    180: "Ringing", 183: "Session Progress", 200: "OK",
    400: "Bad Request", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 415: "Unsupported Media Type",
    420: "Bad Extension", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error",
    501: "Not Implemented", 503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline", 606: "Not Acceptable",
    607: "Unwanted", 608: "Rejected",
}  # fmt: skip
"""RFC 3261 section 21, RFC 8197, RFC 8688. The stack writes its own errors there."""
OPTION_TAGS = ("100rel",)
"""What the stack offers and we honor; it names more."""


def keep_tags(message: Message, kept: Callable[[str], str]) -> None:
    """Leave of the lists of option tags what is `kept` of each."""
    for name in ("supported", "require"):
        values = [kept(value) for value in message.all(name)]
        message.drop(name)
        message.headers += [(name.title(), value) for value in values if value]


def note_source(request: Message, peer: Peer) -> None:
    """Write where a request really came from into its topmost Via (RFC 3581)."""
    via = request.get("via")
    bare = re.sub(r";\s*(?:received=[^;]*|rport(?:=\d*)?)(?=;|$)", "", via, flags=re.IGNORECASE)
    query = re.search(r";\s*rport(?:=\d*)?(?=;|$)", via, re.IGNORECASE)
    request.put("Via", f"{bare};received={peer.host}" + (f";rport={peer.port}" if query else ""))


def reply_to(via: str, peer: Peer) -> Peer:
    """Where a response goes: to the port that the request came from if its sender asked so, else to the port it names."""
    if peer.transport != "udp" or ";rport" in via.lower():
        return peer
    found = re.match(r"SIP/2\.0/\w+\s+(?:\[[^\]]+\]|[^:;\s]+)(?::(\d{1,5}))?", via)
    return Peer("udp", peer.host, int(found[1] or 5060) if found else peer.port)


class Wire(Protocol):
    """Where the relay's bytes go."""

    def to_stack(self, data: bytes) -> None:
        """Send to the stack."""

    def to_peer(self, peer: Peer, data: bytes) -> None:
        """Send to somebody outside."""

    def proven(self, peer: Peer) -> None:
        """A connection is the trunk's, or its party has proved a password."""

    def outside(self, peer: Peer) -> tuple[str, int]:
        """The address and port at which this peer reaches us."""

    def media(self, peer: Peer) -> str:
        """The address at which this peer's sound reaches us."""


class Phones(Protocol):
    """The door of the phones' port."""

    def judge(self, request: Message, host: str, known_dialog: bool) -> Verdict:
        """What to do with a request."""

    def challenges(self, host: str) -> list[tuple[str, str]]:
        """What a phone has to sign."""

    def register(self, request: Message, peer: Peer) -> tuple[int, str, list[tuple[str, str]]]:
        """Carry out a REGISTER."""

    def about(self, invite: Message, peer: Peer, at: float) -> About:
        """The parties of a call."""

    def transfer(self, refer: Message) -> tuple[int, str]:
        """Begin what a REFER asks for, or refuse it."""

    def hold(self, call_id: str, held: bool) -> None:
        """A phone holds its call, or resumes it."""


class SoundPorts(Protocol):
    """Where the relay gets a way for a leg's sound from."""

    inside_port: int
    """Where the stack's sound reaches us."""

    def reaches(self, host: str) -> bool:
        """Whether sound can be sent to an address."""

    def open(self, allowed: Callable[[str], bool]) -> Sound:
        """Ports for a leg, whose party may send from the hosts that `allowed` takes. Raises `NoPorts`."""


def for_stack(message: Message, call: Call, sound: SoundPorts) -> Message:
    """What the stack gets of a message: it sends sound to our inside port."""
    kept = [(name, value) for name, value in message.headers if name.lower() in TO_STACK]
    body = message.body
    if kind_of(message) == SDP:
        body, party = sdp.for_stack(body, sound.inside_port, sound.reaches)
        if call.peer.phone:
            # A phone that holds sends no sound, which the stack would take for a dead end.
            body = body.replace(b"a=sendonly", b"a=inactive")
        call.described = body
        call.sound.point(party)
        call.hears_at = party.host if party else call.hears_at
    passed = Message(headers=kept, body=body)
    keep_tags(passed, lambda value: without(value, TIMER))
    return passed


def dress(message: Message, call: Call, hop: Peer, wire: Wire) -> None:
    """Put our outside address, and for a call of ours its caller, on a message for outside."""
    host, port = wire.outside(hop)
    secured = ";transport=" + hop.transport if hop.transport != "udp" else ""
    if message.method in ("INVITE", "UPDATE") or (message.status < 300 and message.cseq[1] in ("INVITE", "UPDATE")):
        call.contact = f"<sip:line@{in_uri(host)}:{port}{secured}>"
        message.put("Contact", call.contact)
        message.put("Allow", f"{ALLOW}, REFER" if hop.phone else ALLOW)
    keep_tags(message, lambda value: ", ".join(each for each in OPTION_TAGS if each in value))
    if hop.phone:  # which offers a transfer only to who says this
        message.put("Supported", f"{message.get('supported')}, replaces".lstrip(", "))
    if call.outgoing and message.method:
        message.put("From", f"{call.outgoing.sender};tag={tag_of(message.get('from'))}")
        to = tag_of(message.get("to"))
        message.put("To", call.outgoing.to + (f";tag={to}" if to else ""))
        if message.method == "INVITE":
            message.headers += call.outgoing.headers
            message.put("Supported", f"{message.get('supported')}, {TIMER}".lstrip(", "))
            message.put(*Wanted(call.offered, "uac").header)
        for name in ("Authorization", "Proxy-Authorization"):
            if signed := message.get(name.lower()):
                message.put(name, signed_again(signed, call.outgoing.password, message.method, message.uri))
    if kind_of(message) == SDP:
        message.body, port = sdp.for_party(message.body, _heard_at(call, hop, wire), call.sound.port)
        call.own_sound = message.body
        call.sound.at_stack(port)


def _heard_at(call: Call, hop: Peer, wire: Wire) -> str:
    """Our address for the sound: IPv4 or IPv6 as the one at which the party listens, if that is known."""
    other = call.hears_at and is_six(call.hears_at) != is_six(hop.host)
    return wire.media(replace(hop, host=call.hears_at) if other else hop)
