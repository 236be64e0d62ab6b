"""Between the world and the stack: each side sees the port as its only partner (a small session border controller).

The stack listens on loopback alone. What comes in is judged, cut down to the headers that the stack needs and
addressed to it; what goes out carries our outside address and, for a call of ours, the caller that was asked for.
No sockets here: `Relay` is handed bytes and hands bytes on.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from plugins.carriers.sip.engine.guard import sdp
from plugins.carriers.sip.engine.guard.admission import NOT_TAKEN, Admission, Verdict
from plugins.carriers.sip.engine.guard.calls import Call, Ledger, NoPorts, Outgoing, Peer, Sound, next_hop, target_of
from plugins.carriers.sip.engine.guard.digest import signed_again
from plugins.carriers.sip.engine.guard.message import BadMessage, Message, answer_to, decode, tag_of
from plugins.carriers.sip.engine.guard.refused import Refused
from plugins.carriers.sip.engine.interface import About, Packet

TO_STACK = frozenset(
    """from to call-id cseq max-forwards content-type require supported session-expires min-se expires timestamp
    www-authenticate proxy-authenticate retry-after rseq rack unsupported reason""".split()  # noqa: SIM905 - a list of words
)
FROM_STACK = frozenset({*TO_STACK, "authorization", "proxy-authorization"})
ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE"
LINE = "X-Line"
"""The header by which an INVITE of the stack names what we asked it for; it never leaves the machine."""
MAX_ASKED = 64
PHRASES = {
    403: "Forbidden", 404: "Not Found", 480: "Temporarily Unavailable", 486: "Busy Here", 488: "Not Acceptable Here",
    503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline", 607: "Unwanted", 608: "Rejected",
}  # fmt: skip


class Wire(Protocol):
    """Where the relay's bytes go."""

    def to_stack(self, data: bytes) -> None:
        """Send to the stack."""

    def to_peer(self, peer: Peer, data: bytes) -> None:
        """Send to somebody outside."""

    def outside(self, peer: Peer) -> tuple[str, int]:
        """The address and port at which this peer reaches us."""

    def media(self, peer: Peer) -> str:
        """The address at which this peer's sound reaches us."""


class SoundPorts(Protocol):
    """Where the relay gets a way for a leg's sound from."""

    inside_port: int
    """Where the stack's sound reaches us."""

    def open(self, allowed: Callable[[str], bool]) -> Sound:
        """Ports for a leg, whose party may send from the hosts that `allowed` takes. Raises `NoPorts`."""


class Relay:
    """The port's logic. `admit` reads an INVITE's parties; `may_take` answers if one more incoming call is taken."""

    def __init__(
        self,
        wire: Wire,
        admission: Admission,
        stack: tuple[str, int],
        inside: tuple[str, int],
        *,
        admit: Callable[[Message, str, float], About],
        may_take: Callable[[], bool],
        sound: SoundPorts,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`stack` is where the stack listens, `inside` where it reaches us; both on loopback."""
        self._wire, self._admission, self._clock, self._wall = wire, admission, clock, wall
        self.refused = Refused(clock)
        self._stack, self._inside = f"sip:line@{stack[0]}:{stack[1]}", inside
        self._admit, self._may_take, self._sound = admit, may_take, sound
        self.ledger = Ledger(clock)
        self._planned: dict[str, Outgoing] = {}
        self._pings: dict[str, float] = {}
        self._asked: dict[str, Callable[[Message], object]] = {}
        self.last_pong: float | None = None
        self.dropped = 0

    def plan(self, outgoing: Outgoing) -> str:
        """Announce an INVITE of the stack; returns the value of its `X-Line` header."""
        key = secrets.token_hex(16)
        self._planned[key] = outgoing
        return key

    def forget_plan(self, key: str) -> None:
        """The INVITE will not come after all; harmless when it did."""
        self._planned.pop(key, None)

    def refuse_with(self, call_id: str, code: int) -> None:
        """Let the stack's refusal of a call leave with this status."""
        if call := self.ledger.calls.get(call_id):
            call.refuse = (code, PHRASES.get(code, "Rejected"))

    def ping(self, peer: Peer, uri: str) -> None:
        """Ask the trunk for a sign of life (OPTIONS)."""
        branch = f"z9hG4bK{secrets.token_hex(12)}"
        self._pings = {key: at for key, at in self._pings.items() if self._clock() - at < 64} | {branch: self._clock()}
        host, port = self._wire.outside(peer)
        us = f"<sip:line@{host}:{port}>"
        headers = [
            ("Via", self._via(peer, branch)), ("Max-Forwards", "70"), ("From", f"{us};tag={secrets.token_hex(6)}"),
            ("To", f"<{uri}>"), ("Call-ID", secrets.token_hex(16)), ("CSeq", "1 OPTIONS"), ("Contact", us),
        ]  # fmt: skip
        self._wire.to_peer(peer, Message("OPTIONS", uri, headers=headers).encode())

    def asks(self, peer: Peer, request: Message, then: Callable[[Message], object]) -> Callable[[], None]:
        """Prepare a request of our own to somebody outside; returns what sends it. `then` gets its final response."""
        branch = f"z9hG4bK{secrets.token_hex(12)}"
        request.lead("Via", [self._via(peer, branch)])
        self._asked[branch] = then
        while len(self._asked) > MAX_ASKED:
            self._asked.pop(next(iter(self._asked)))
        data = request.encode()
        return lambda: self._wire.to_peer(peer, data)

    def from_peer(self, data: bytes, peer: Peer) -> None:
        """Take one message from outside."""
        try:
            message = decode(data)
        except BadMessage as error:
            self._drop(data, peer, str(error))
            return
        try:
            call = self.ledger.calls.get(message.call_id)
            if call and self._is_known(call, peer):
                self._note(call, message, peer, came=True)
            if message.status:
                self._response_in(message, peer)
            else:
                self._request_in(message, peer)
        except BadMessage as error:
            self._drop(data, peer, str(error))

    def _is_known(self, call: Call, peer: Peer) -> bool:
        return peer.host == call.peer.host or self._admission.from_trunk(peer.host)

    def _note(self, call: Call, message: Message, peer: Peer, *, came: bool = False) -> None:
        """Keep a message of a call, as it came from or goes to somebody outside."""
        there, here, at = (peer.host, peer.port), self._wire.outside(peer), self._wall()
        ends = (there, here) if came else (here, there)
        call.seen.note(message, self._clock(), lambda data: Packet(at, *ends, data))

    def _send(self, message: Message, peer: Peer) -> None:
        if call := self.ledger.calls.get(message.call_id):
            self._note(call, message, peer)
        self._wire.to_peer(peer, message.encode())

    def _drop(self, data: bytes, peer: Peer, why: str) -> None:
        self.dropped += 1
        if data.startswith(b"INVITE "):
            self.refused.note(f"cannot be read: {why}", peer.host)

    def from_stack(self, data: bytes) -> None:
        """Take one message from the stack."""
        try:
            message = decode(data)
            if message.status:
                self._response_out(message)
            else:
                self._request_out(message)
        except BadMessage:
            self.dropped += 1

    def _request_in(self, request: Message, peer: Peer) -> None:
        call = self.ledger.calls.get(request.call_id)
        known = call is not None and self._is_known(call, peer)
        starts = request.method == "INVITE" and not request.in_dialog
        _note_source(request, peer)
        if starts and known and call and not call.ended and call.invite_id == self.ledger.branch(request):
            return self._pass_in(request, peer, call)
        verdict = self._admission.judge(request, peer.host, known and not starts)
        if starts and verdict in NOT_TAKEN:
            self.refused.note(NOT_TAKEN[verdict], peer.host, 503 if verdict is Verdict.BUSY else None)
        if verdict is Verdict.DROP:
            self.dropped += 1
        elif verdict is Verdict.CHALLENGE:
            self._answer(request, peer, 401, "Unauthorized", self._admission.challenges(peer.host))
        elif verdict is Verdict.BUSY:
            self._answer(request, peer, 503, "Service Unavailable", [("Retry-After", "5")])
        elif verdict is Verdict.REFUSE:
            self._refuse(request, peer)
        elif request.method == "OPTIONS" and not request.in_dialog and not self._may_take():
            # A dispatcher in front sends new calls elsewhere.
            self._answer(request, peer, 503, "Service Unavailable", [("Retry-After", "10")])
        elif request.method == "OPTIONS" and not request.in_dialog:
            self._answer(request, peer, 200, "OK", [("Allow", ALLOW), ("Accept", "application/sdp")])
        elif starts and call is not None and not call.ended:
            self._turn_away(request, peer, 482, "Loop Detected")
        elif starts:
            self._invite_in(request, peer)
        elif call is not None:
            self._pass_in(request, peer, call)

    def _refuse(self, request: Message, peer: Peer) -> None:
        if request.method == "ACK":
            return
        if request.method == "REFER":
            self._answer(request, peer, 603, "Decline")
        elif request.in_dialog and request.call_id not in self.ledger.calls:
            self._answer(request, peer, 481, "Call/Transaction Does Not Exist")
        else:
            self._answer(request, peer, 405, "Method Not Allowed", [("Allow", ALLOW)])

    def _invite_in(self, request: Message, peer: Peer) -> None:
        if request.get("max-forwards") == "0":
            self._turn_away(request, peer, 483, "Too Many Hops")
            return
        if not self._may_take():
            self._turn_away(request, peer, 503, "Service Unavailable", [("Retry-After", "10")])
            return
        if request.body and request.get("content-type").partition(";")[0].strip().lower() != "application/sdp":
            self._turn_away(request, peer, 415, "Unsupported Media Type", [("Accept", "application/sdp")])
            return
        try:
            about, target = self._admit(request, peer.host, self._clock()), target_of(request)
            call = Call(peer, self._open_sound(peer), about, target=target)
        except NoPorts:
            self._turn_away(request, peer, 503, "Service Unavailable", [("Retry-After", "10")])
            return
        except BadMessage:
            self._turn_away(request, peer, 400, "Bad Request")
            return
        call.routes = call.recorded = request.all("record-route")
        call.invite_id = self.ledger.branch(request)
        try:
            self._pass_in(request, peer, call)
        except BadMessage:
            call.sound.close()
            self._turn_away(request, peer, 400, "Bad Request")
            return
        self._note(call, request, peer, came=True)
        self.ledger.calls[request.call_id] = call

    def _pass_in(self, request: Message, peer: Peer, call: Call) -> None:
        if request.method in ("INVITE", "UPDATE") and request.get("contact"):
            call.target = target_of(request)
        branch = self.ledger.branch(request)
        passed = self._for_stack(request, call)
        passed.method, passed.uri = request.method, call.stack or self._stack
        passed.lead("Via", [self._inner_via(branch)])
        if request.method in ("INVITE", "UPDATE"):
            passed.put("Contact", self._inner_contact())
        if request.method != "ACK":
            self.ledger.remember(branch, request, peer)
        self._wire.to_stack(passed.encode())

    def _response_in(self, response: Message, peer: Peer) -> None:
        if self._pings.pop(response.branch, None) is not None:
            self.last_pong = self._clock()
            return
        if response.status >= 200 and (then := self._asked.pop(response.branch, None)):
            then(response)
            return
        way, call = self.ledger.ways.get(response.branch), self.ledger.calls.get(response.call_id)
        if way is None or way.peer is not None or call is None or not self._is_known(call, peer):
            self.dropped += 1
            return
        call.heard = True
        invited = response.cseq[1] == "INVITE"
        if invited and 100 < response.status < 300 and response.get("contact"):
            call.target, call.routes = target_of(response), response.all("record-route")[::-1]
        self._settle(call, response)
        passed = self._for_stack(response, call)
        passed.status, passed.phrase = response.status, response.phrase
        if 300 <= response.status < 400:
            passed.status, passed.phrase = 503, "Redirections are not followed"
        passed.lead("Via", way.vias)
        if invited and response.status < 300:
            passed.put("Contact", self._inner_contact())
        self._wire.to_stack(passed.encode())

    def _settle(self, call: Call, response: Message) -> None:
        """Note that a call was taken, or let it go when it was refused for good."""
        if response.cseq[1] == "INVITE" and response.status >= 200:
            call.up = call.up or response.status < 300
            if not call.up and response.status not in (401, 407):
                self.ledger.end(response.call_id)

    def _open_sound(self, peer: Peer) -> Sound:
        return self._sound.open(lambda host: host == peer.host or self._admission.from_trunk(host))

    def _for_stack(self, message: Message, call: Call) -> Message:
        kept = [(name, value) for name, value in message.headers if name.lower() in TO_STACK]
        described = message.get("content-type").lower().startswith("application/sdp")
        body = message.body
        if described and body:
            body, party = sdp.for_stack(body, self._sound.inside_port)
            call.sound.point(party)
        return Message(headers=kept, body=body)

    def _request_out(self, request: Message) -> None:
        call = self.ledger.calls.get(request.call_id)
        if call is None:
            plan = self._planned.pop(request.get(LINE.lower()), None)
            if plan is None or request.method != "INVITE":
                if request.method != "ACK":
                    self._wire.to_stack(answer_to(request, 403, "Forbidden", tag="line").encode())
                return
            try:
                sound = self._open_sound(plan.peer)
            except NoPorts:
                self._wire.to_stack(answer_to(request, 503, "No Ports", tag="line").encode())
                return
            call = self.ledger.calls[request.call_id] = Call(plan.peer, sound, outgoing=plan, sent=self._clock())
        branch = self.ledger.branch(request)
        of_refusal = request.method == "ACK" and branch in self.ledger.ways
        inside = request.in_dialog and bool(call.target) and not of_refusal
        outside = call.outgoing.uri if call.outgoing else request.uri
        passed = Message(request.method, call.target if inside else outside, body=request.body)
        passed.headers = [pair for pair in request.headers if pair[0].lower() in FROM_STACK]
        hop = next_hop(call.routes[0] if call.routes else call.target, call.peer) if inside else call.peer
        if inside and call.routes:
            passed.lead("Route", call.routes)
        self._dress(passed, call, hop)
        passed.lead("Via", [self._via(hop, branch)])
        self.ledger.remember(branch, request, None)
        self._send(passed, hop)

    def _dress(self, message: Message, call: Call, hop: Peer) -> None:
        """Put our outside address, and for a call of ours its caller, on a message for outside."""
        host, port = self._wire.outside(hop)
        secured = ";transport=" + hop.transport if hop.transport != "udp" else ""
        if message.method in ("INVITE", "UPDATE") or (message.status < 300 and message.cseq[1] in ("INVITE", "UPDATE")):
            message.put("Contact", f"<sip:line@{host}:{port}{secured}>")
            message.put("Allow", ALLOW)
        if call.outgoing and message.method:
            message.put("From", f"{call.outgoing.sender};tag={tag_of(message.get('from'))}")
            to = tag_of(message.get("to"))
            message.put("To", call.outgoing.to + (f";tag={to}" if to else ""))
            if message.method == "INVITE":
                for name, value in call.outgoing.headers.items():
                    message.put(name, value)
            for name in ("Authorization", "Proxy-Authorization"):
                if signed := message.get(name.lower()):
                    message.put(name, signed_again(signed, call.outgoing.password, message.method, message.uri))
        if message.body and message.get("content-type").lower().startswith("application/sdp"):
            message.body, port = sdp.for_party(message.body, self._wire.media(hop), call.sound.port)
            call.sound.at_stack(port)

    def _response_out(self, response: Message) -> None:
        way, call = self.ledger.ways.get(response.branch), self.ledger.calls.get(response.call_id)
        if way is None or way.peer is None or call is None:
            self.dropped += 1
            return
        invited = response.cseq[1] == "INVITE"
        if invited and response.status < 300 and response.get("contact"):
            call.stack = target_of(response)
        passed = Message(status=response.status, phrase=response.phrase, body=response.body)
        passed.headers = [pair for pair in response.headers if pair[0].lower() in FROM_STACK]
        self._settle(call, response)
        if invited and response.status >= 300:
            passed.status, passed.phrase = call.refuse or (response.status, response.phrase)
            if not call.refuse and not call.up and response.status != 487:
                self.refused.note(f"{response.status} {response.phrase}", way.peer.host, response.status)
        passed.lead("Via", way.vias)
        self._dress(passed, call, way.peer)
        if invited and 100 < response.status < 300 and call.recorded:
            passed.headers += [("Record-Route", each) for each in call.recorded]
        self._send(passed, _reply_to(way.vias[0], way.peer))

    def _answer(
        self, request: Message, peer: Peer, status: int, phrase: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        if request.method == "ACK":
            return
        reply = answer_to(request, status, phrase, tag=secrets.token_hex(6), headers=headers or [])
        self._send(reply, _reply_to(request.get("via"), peer))

    def _turn_away(
        self, request: Message, peer: Peer, status: int, phrase: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        """Refuse an INVITE, and say so in the log."""
        self.refused.note(f"{status} {phrase}", peer.host, status)
        self._answer(request, peer, status, phrase, headers)

    def _via(self, peer: Peer, branch: str) -> str:
        host, port = self._wire.outside(peer)
        return f"SIP/2.0/{peer.transport.upper()} {host}:{port};branch={branch};rport"

    def _inner_via(self, branch: str) -> str:
        return f"SIP/2.0/UDP {self._inside[0]}:{self._inside[1]};branch={branch};rport"

    def _inner_contact(self) -> str:
        return f"<sip:line@{self._inside[0]}:{self._inside[1]}>"


def _note_source(request: Message, peer: Peer) -> None:
    """Write where a request really came from into its topmost Via (RFC 3581)."""
    via = request.get("via")
    bare = re.sub(r";\s*(?:received=[^;]*|rport(?:=\d*)?)(?=;|$)", "", via, flags=re.IGNORECASE)
    query = re.search(r";\s*rport(?:=\d*)?(?=;|$)", via, re.IGNORECASE)
    request.put("Via", f"{bare};received={peer.host}" + (f";rport={peer.port}" if query else ""))


def _reply_to(via: str, peer: Peer) -> Peer:
    """Where a response goes: to the port that the request came from if its sender asked so, else to the port it names."""
    if peer.transport != "udp" or ";rport" in via.lower():
        return peer
    found = re.match(r"SIP/2\.0/\w+\s+(?:\[[^\]]+\]|[^:;\s]+)(?::(\d{1,5}))?", via)
    return Peer("udp", peer.host, int(found[1] or 5060) if found else peer.port)
