"""Between the world and the stack: each side sees the port as its only partner (a small session border controller).

The stack listens on loopback alone. What comes in is judged, cut down to the headers that the stack needs and
addressed to it; what goes out carries our outside address and, for a call of ours, the caller that was asked for.
No sockets here: `Relay` is handed bytes and hands bytes on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from plugins.carriers.sip.engine.addresses import in_uri
from plugins.carriers.sip.engine.guard.admission import Admission, Verdict
from plugins.carriers.sip.engine.guard.bodies import SDP
from plugins.carriers.sip.engine.guard.calls import (
    Call,
    Dialog,
    Ledger,
    NoPorts,
    Outgoing,
    Peer,
    Sound,
    next_hop,
    target_of,
)
from plugins.carriers.sip.engine.guard.message import BadMessage, Message, answer_to, decode, tag_of
from plugins.carriers.sip.engine.guard.own_requests import OwnRequests
from plugins.carriers.sip.engine.guard.replies import Refused, Replies
from plugins.carriers.sip.engine.guard.rewriting import (
    AGENT,
    AGENT_OF_PHONES,
    FROM_STACK,
    LINE,
    PHRASES,
    Phones,
    SoundPorts,
    Wire,
    dress,
    for_stack,
    note_source,
    reply_to,
)
from plugins.carriers.sip.engine.guard.sdp import NoAddress, held
from plugins.carriers.sip.engine.guard.session_timer import MIN_S, TIMER, listed, wanted
from plugins.carriers.sip.engine.guard.sessions import Sessions
from plugins.carriers.sip.engine.interface import About, Packet


class Relay(Replies):
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
        phones: Phones | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`stack` is where the stack listens, `inside` where it reaches us; both on loopback."""
        self._wire, self._admission, self._clock, self._wall = wire, admission, clock, wall
        self.refused = Refused(clock)
        self._stack, self._inside = f"{stack[0]}:{stack[1]}", inside
        self._phones = phones
        self._admit, self._may_take, self._sound = admit, may_take, sound
        self.ledger = Ledger(clock)
        self.requests = OwnRequests(wire.to_peer, self._via, clock)
        self.sessions = Sessions(self.ledger, self.requests, clock)
        self._planned: dict[str, Outgoing] = {}
        self.last_pong: float | None = None
        self.dropped = 0

    def plan(self, outgoing: Outgoing) -> str:
        """Announce an INVITE of the stack; returns the value of its `X-Line` header."""
        key = secrets.token_hex(16)
        self._planned[key] = outgoing
        return key

    def refuse_with(self, call_id: str, code: int) -> None:
        """Let the stack's refusal of a call leave with this status."""
        if call := self.ledger.calls.get(call_id):
            call.refuse = code

    def abandon(self, key: str) -> None:
        """The call of this plan is given up before its answer. An INVITE that was not sent yet is not sent any more; a 200 that
        comes nevertheless is acknowledged and ended here, because the stack does not hear it."""
        self._planned.pop(key, None)
        call = next((each for each in self.ledger.calls.values() if each.key == key), None)
        if call and not call.acknowledged:
            call.abandoned = True
            if call.answer:
                self._end_unwanted(call, call.answer)

    def ping(self, peer: Peer, uri: str) -> None:
        """Ask the trunk for a sign of life (OPTIONS)."""
        host, port = self._wire.outside(peer)
        us = f"<sip:line@{in_uri(host)}:{port}>"
        headers = [
            ("Max-Forwards", "70"), ("From", f"{us};tag={secrets.token_hex(6)}"),
            ("To", f"<{uri}>"), ("Call-ID", secrets.token_hex(16)), ("CSeq", "1 OPTIONS"), ("Contact", us),
        ]  # fmt: skip
        self.requests.asks(peer, Message("OPTIONS", uri, headers=headers), self._ponged)()

    def _ponged(self, answer: Message) -> None:
        self.last_pong = self._clock()

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
        if peer.phone != call.peer.phone:
            return False
        return peer.host == call.peer.host or (not peer.phone and self._admission.from_trunk(peer.host))

    def _note(self, call: Call, message: Message, peer: Peer, *, came: bool = False) -> None:
        """Keep a message of a call, as it came from or goes to somebody outside."""
        there, here, at = (peer.host, peer.port), self._wire.outside(peer), self._wall()
        ends = (there, here) if came else (here, there)
        call.seen.note(message, self._clock(), lambda data: Packet(at, *ends, data))

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
        if known and call and peer.phone:
            call.peer = peer  # a phone that had to connect again goes on with its calls
        note_source(request, peer)
        if starts and known and call and not call.ended and call.invite_id == self.ledger.branch(request):
            return self._pass_in(request, peer, call)
        door = self._phones if peer.phone and self._phones else self._admission
        verdict = door.judge(request, peer.host, known and not starts)
        if verdict is not Verdict.TAKE:
            self._not_taken(request, peer, verdict, door)
        elif not self._readable(request, peer):
            return
        elif request.method == "OPTIONS" and not request.in_dialog:
            self._alive(request, peer)
        elif starts and call is not None and not call.ended:
            self._turn_away(request, peer, 482, "Loop Detected")
        elif starts:
            self._invite_in(request, peer)
        elif call is not None:
            self._pass_inside(request, peer, call)

    def _pass_inside(self, request: Message, peer: Peer, call: Call) -> None:
        try:
            self._pass_in(request, peer, call)
        except NoAddress:
            self._no_address(request, peer)

    def _invite_in(self, request: Message, peer: Peer) -> None:
        self._wire.proven(peer)
        if request.get("max-forwards") == "0":
            self._turn_away(request, peer, 483, "Too Many Hops")
            return
        if not peer.phone and not self._may_take():
            self._turn_away(request, peer, 503, "Service Unavailable", [("Retry-After", "10")])
            return
        try:
            now, target = self._clock(), target_of(request)
            if peer.phone and self._phones:
                about = self._phones.about(request, peer, now)
            else:
                about = self._admit(request, peer.host, now)
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
        except NoAddress:
            call.sound.close()
            self._no_address(request, peer)
            return
        except BadMessage:
            call.sound.close()
            self._turn_away(request, peer, 400, "Bad Request")
            return
        self._note(call, request, peer, came=True)
        self.ledger.calls[request.call_id] = call

    def _pass_in(self, request: Message, peer: Peer, call: Call) -> None:
        if request.method in ("INVITE", "UPDATE") and request.get("contact"):
            call.target = target_of(request)
        if request.method in ("INVITE", "UPDATE"):
            call.wanted = wanted(request)
            if call.wanted and call.wanted.seconds < MIN_S:
                self._answer(request, peer, 422, "Session Interval Too Small", [("Min-SE", str(MIN_S))])
                return
            call.updates = call.updates or listed(request, "allow", "UPDATE")
        branch = self.ledger.branch(request)
        if peer.phone and self._phones and call.up and request.method in ("INVITE", "UPDATE") and request.body:
            self._phones.hold(request.call_id, held(request.body))
        passed = for_stack(request, call, self._sound)
        passed.method = request.method
        passed.uri = call.stack or f"sip:{AGENT_OF_PHONES if peer.phone else AGENT}@{self._stack}"
        passed.lead("Via", [self._inner_via(branch)])
        if request.method in ("INVITE", "UPDATE"):
            passed.put("Contact", self._inner_contact())
        if request.method != "ACK":
            self.ledger.remember(branch, request, peer)
        self._wire.to_stack(passed.encode())

    def _response_in(self, response: Message, peer: Peer) -> None:
        if self.requests.answered(response):
            return
        way, call = self.ledger.ways.get(response.branch), self.ledger.calls.get(response.call_id)
        if way is None or way.peer is not None or call is None or not self._is_known(call, peer):
            self.dropped += 1
            return
        call.heard = True
        if response.status == 422:
            self.sessions.too_short(call.peer, response)
        invited = response.cseq[1] == "INVITE"
        if invited and 100 < response.status < 300 and response.get("contact"):
            if response.status >= 200 and call.outgoing and call.unwanted(tag_of(response.get("to"))):
                first = not call.ended_tags
                self._end_unwanted(call, response)
                if not (first and call.abandoned and call.answer is None):
                    return
                response = answer_to(response, 487, "Request Terminated")
            else:
                call.target, call.routes = target_of(response), response.all("record-route")[::-1]
                if response.status >= 200 and call.outgoing:
                    call.answer = call.answer or response
        self._settle(call, response, response.get("from"), response.get("to"))
        if response.cseq[1] in ("INVITE", "UPDATE") and 200 <= response.status < 300:
            call.updates = call.updates or listed(response, "allow", "UPDATE")
            self.sessions.agreed(response.call_id, wanted(response), "uac")
        passed = for_stack(response, call, self._sound)
        if way.cseq.endswith(response.cseq[1]):
            passed.put("CSeq", way.cseq)
        passed.status, passed.phrase = response.status, response.phrase
        if 300 <= response.status < 400:
            passed.status, passed.phrase = 503, "Redirections are not followed"
        passed.lead("Via", way.vias)
        if invited and response.status < 300:
            passed.put("Contact", self._inner_contact())
        self._wire.to_stack(passed.encode())

    def _end_unwanted(self, call: Call, answer: Message) -> None:
        """Acknowledge a 200 that nobody waits for, and end the call that it began, once."""
        routes = tuple(answer.all("record-route")[::-1])
        sender, to, number = answer.get("from"), answer.get("to"), answer.cseq[0]
        dialog = Dialog(call.peer, answer.call_id, sender, to, target_of(answer), routes, number)
        self.requests.acknowledge(dialog)
        if (tag := tag_of(to)) not in call.ended_tags:
            call.ended_tags.add(tag)
            self.requests.end(dialog)

    def _settle(self, call: Call, response: Message, ours: str, theirs: str) -> None:
        """Note that a call was taken, or let it go when it was refused for good."""
        if response.cseq[1] == "INVITE" and response.status >= 200:
            call.up = call.up or response.status < 300
            if response.status < 300 and not call.parties[0]:
                call.parties = ours, theirs
            if not call.up and response.status not in (401, 407):
                self.ledger.end(response.call_id)

    def _open_sound(self, peer: Peer) -> Sound:
        return self._sound.open(lambda host: host == peer.host or self._admission.from_trunk(host))

    def _kept(self, request: Message, call: Call) -> bool:
        """Answer an INVITE of the stack inside a call that is up with what the other end has said already: we never change the
        sound of a call, and the stack offers it again after each answer. Whether the request was one of this kind."""
        if request.method == "INVITE" and request.in_dialog and call.up and call.described:
            call.kept_invite = request.cseq[0]
            reply = answer_to(request, 200, "OK", headers=[("Contact", self._inner_contact()), ("Content-Type", SDP)])
            reply.body = call.described
            self._wire.to_stack(reply.encode())
            return True
        return request.method == "ACK" and 0 < call.kept_invite == request.cseq[0]

    def _request_out(self, request: Message) -> None:
        call = self.ledger.calls.get(request.call_id)
        if call is None:
            key = request.get(LINE.lower())
            plan = self._planned.pop(key, None)
            if plan is None or request.method != "INVITE":
                if request.method != "ACK":
                    self._wire.to_stack(answer_to(request, 403, "Forbidden", tag="line").encode())
                return
            try:
                sound = self._open_sound(plan.peer)
            except NoPorts:
                self._wire.to_stack(answer_to(request, 503, "No Ports", tag="line").encode())
                return
            call = self.ledger.calls[request.call_id] = Call(
                plan.peer, sound, key=key, outgoing=plan, sent=self._clock(), offered=self.sessions.least(plan.peer)
            )
        let_go = call.abandoned and call.ended_tags
        if (request.method == "BYE" and (let_go or call.hung_up)) or (request.method == "ACK" and let_go):
            if request.method == "BYE":
                self._wire.to_stack(answer_to(request, 200, "OK").encode())
            return
        if self._kept(request, call):
            return
        branch = self.ledger.branch(request)
        of_refusal = request.method == "ACK" and branch in self.ledger.ways
        inside = request.in_dialog and bool(call.target) and not of_refusal
        call.acknowledged = call.acknowledged or (inside and request.method == "ACK")
        outside = call.outgoing.uri if call.outgoing else request.uri
        passed = Message(request.method, call.target if inside else outside, body=request.body)
        passed.headers = [pair for pair in request.headers if pair[0].lower() in FROM_STACK]
        number = request.cseq[0] + (0 if request.method in ("INVITE", "ACK", "CANCEL") else call.shift)
        call.number = max(call.number, number)
        passed.put("CSeq", f"{number} {request.method}")
        hop = next_hop(call.routes[0] if call.routes else call.target, call.peer) if inside else call.peer
        if inside and call.routes:
            passed.lead("Route", call.routes)
        dress(passed, call, hop, self._wire)
        passed.lead("Via", [self._via(hop, branch)])
        self.ledger.remember(branch, request, None)
        self._send(passed, hop)

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
        self._settle(call, response, response.get("to"), response.get("from"))
        if response.cseq[1] in ("INVITE", "UPDATE") and 200 <= response.status < 300:
            self.sessions.agreed(response.call_id, call.wanted, "uas")
            if call.wanted:
                passed.headers += [call.wanted.header, ("Require", TIMER)]
        if invited and response.status == 500 and not call.up:
            # The stack has no port for the sound: the trunk may try elsewhere.
            response.status = 503
        status = call.refuse if invited and response.status >= 300 and call.refuse else response.status
        passed.status, passed.phrase = status, PHRASES.get(status, response.phrase)
        if invited and status >= 300 and not call.refuse and not call.up and status != 487:
            self.refused.note(f"{status} {passed.phrase}", way.peer.host, status)
        passed.lead("Via", way.vias)
        dress(passed, call, way.peer, self._wire)
        if invited and 100 < response.status < 300 and call.recorded:
            passed.headers += [("Record-Route", each) for each in call.recorded]
        self._send(passed, reply_to(way.vias[0], way.peer))

    def _via(self, peer: Peer, branch: str) -> str:
        host, port = self._wire.outside(peer)
        return f"SIP/2.0/{peer.transport.upper()} {in_uri(host)}:{port};branch={branch};rport"

    def _inner_via(self, branch: str) -> str:
        return f"SIP/2.0/UDP {self._inside[0]}:{self._inside[1]};branch={branch};rport"

    def _inner_contact(self) -> str:
        return f"<sip:line@{self._inside[0]}:{self._inside[1]}>"
