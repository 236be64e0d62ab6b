"""What the port itself answers to requests from outside, and the INVITEs that it refused or dropped: counted by reason, and
written to the log at a limited rate."""

from __future__ import annotations

import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable

import structlog

from plugins.carriers.sip.engine.guard.admission import NOT_TAKEN, Admission, Verdict
from plugins.carriers.sip.engine.guard.bodies import PARTS, SDP, Unsupported, simplify
from plugins.carriers.sip.engine.guard.calls import Ledger, Peer
from plugins.carriers.sip.engine.guard.message import Message, answer_to
from plugins.carriers.sip.engine.guard.own_requests import OwnRequests
from plugins.carriers.sip.engine.guard.rewriting import ALLOW, PHRASES, Phones, Wire, reply_to

log = structlog.get_logger(__name__)
LINE_SECONDS = 60.0
"""One line for each source and reason in this time; it says how many came since the last one."""
MAX_SOURCES = 1_000
LINES_A_MINUTE = 30
"""Of all sources together, so that a flood fills no disk."""


class Refused:
    """The counts since the start, and what was written lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.counts: Counter[str] = Counter()
        self._known: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._minute, self._lines = 0.0, 0

    def note(self, reason: str, source: str, status: int | None = None) -> None:
        """An INVITE from an address was refused with a status, or dropped without one."""
        self.counts[reason] += 1
        now = self._clock()
        at, more = self._known.pop((source, reason), (float("-inf"), 0))
        if now - at < LINE_SECONDS or not self._may_write(now):
            self._known[source, reason] = at, more + 1
        else:
            self._known[source, reason] = now, 0
            log.info("an INVITE was not taken", reason=reason, source=source, status=status, more=more)
        while len(self._known) > MAX_SOURCES:
            self._known.popitem(last=False)

    def _may_write(self, now: float) -> bool:
        if now - self._minute >= LINE_SECONDS:
            self._minute, self._lines = now, 0
        self._lines += 1
        return self._lines <= LINES_A_MINUTE


class Replies:
    """The part of the relay that answers."""

    ledger: Ledger
    refused: Refused
    requests: OwnRequests
    dropped: int
    _phones: Phones | None
    _wire: Wire
    _may_take: Callable[[], bool]
    _note: Callable[..., None]

    def hang_up(self, call_id: str) -> None:
        """Send BYE in a call that is up; what the stack sends when it ends the call goes nowhere."""
        call = self.ledger.calls.get(call_id)
        if call and call.up and not call.ended:
            self.requests.end(call.dialog(call_id))
            call.hung_up = True
            self.ledger.end(call_id)

    def _send(self, message: Message, peer: Peer) -> None:
        if call := self.ledger.calls.get(message.call_id):
            self._note(call, message, peer)
        self._wire.to_peer(peer, message.encode())

    def _not_taken(self, request: Message, peer: Peer, verdict: Verdict, door: Admission | Phones) -> None:
        """Do what the door says with a request that is not taken."""
        starts = request.method == "INVITE" and not request.in_dialog
        if starts and verdict in NOT_TAKEN and not (peer.phone and verdict is Verdict.CHALLENGE):
            self.refused.note(NOT_TAKEN[verdict], peer.host, 503 if verdict is Verdict.BUSY else None)
        if verdict is Verdict.DROP:
            self.dropped += 1
        elif verdict is Verdict.CHALLENGE:
            self._answer(request, peer, 401, "Unauthorized", door.challenges(peer.host))
        elif verdict is Verdict.REGISTER and self._phones:
            self._answer(request, peer, *self._phones.register(request, peer))
        elif verdict is Verdict.REFER and self._phones:
            contact = self.ledger.calls[request.call_id].contact
            self._answer(request, peer, *self._phones.transfer(request), [("Contact", contact)])
        elif verdict is Verdict.BUSY:
            self._answer(request, peer, 503, "Service Unavailable", [("Retry-After", "5")])
        elif verdict is Verdict.REFUSE:
            self._refuse(request, peer)

    def _readable(self, request: Message, peer: Peer) -> bool:
        try:
            simplify(request)
        except Unsupported as refused:
            answer = self._answer if request.in_dialog else self._turn_away
            answer(request, peer, 415, "Unsupported Media Type", refused.headers)
            return False
        return True

    def _alive(self, request: Message, peer: Peer) -> None:
        """Answer a question for a sign of life. If we take no more calls, a dispatcher in front sends new ones elsewhere."""
        if self._may_take():
            self._answer(request, peer, 200, "OK", [("Allow", ALLOW), ("Accept", f"{SDP}, {PARTS}")])
        else:
            self._answer(request, peer, 503, "Service Unavailable", [("Retry-After", "10")])

    def _no_address(self, request: Message, peer: Peer) -> None:
        """Refuse sound at an address out of reach; a party with IPv4 and IPv6 offers the other one (RFC 3261 section 20.43)."""
        warning = f'301 {self._wire.outside(peer)[0]} "Incompatible network address formats"'
        answer = self._answer if request.in_dialog else self._turn_away
        answer(request, peer, 488, PHRASES[488], [("Warning", warning)])

    def _refuse(self, request: Message, peer: Peer) -> None:
        if request.method == "ACK":
            return
        if request.method == "REFER":
            self._answer(request, peer, 603, "Decline")
        elif request.in_dialog and request.call_id not in self.ledger.calls:
            self._answer(request, peer, 481, "Call/Transaction Does Not Exist")
        else:
            self._answer(request, peer, 405, "Method Not Allowed", [("Allow", ALLOW)])

    def _answer(
        self, request: Message, peer: Peer, status: int, phrase: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        if request.method == "ACK":
            return
        reply = answer_to(request, status, phrase, tag=secrets.token_hex(6), headers=headers or [])
        self._send(reply, reply_to(request.get("via"), peer))

    def _turn_away(
        self, request: Message, peer: Peer, status: int, phrase: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        """Refuse an INVITE, and say so in the log."""
        self.refused.note(f"{status} {phrase}", peer.host, status)
        self._answer(request, peer, status, phrase, headers)
