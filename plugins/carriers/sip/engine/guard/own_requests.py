"""Requests that the port makes without the stack, in and outside of calls.

It ends a call that the stack does not know, as one that was taken after we gave it up, and it refreshes a session (RFC 3261
sections 13.2.2.4 and 15, RFC 4028).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from plugins.carriers.sip.engine.guard.calls import Dialog, Peer
from plugins.carriers.sip.engine.guard.digest import answer_to_challenge
from plugins.carriers.sip.engine.guard.message import Message

T1_S, T2_S = 0.5, 4.0
"""The first and the longest wait before a request is repeated over UDP (RFC 3261 section 17.1.2)."""
MAX_ASKED = 64
CHALLENGES = {401: ("www-authenticate", "Authorization"), 407: ("proxy-authenticate", "Proxy-Authorization")}
GIVE_UP_S = 64 * T1_S


@dataclass
class _Waiting:
    """A request that was not answered yet."""

    hop: Peer
    data: bytes
    began: float
    due: float
    then: Callable[[Message | None], None]
    sign: Callable[[Message], bool]
    """Sends it again, signed for a challenge; whether it did."""
    wait: float = T1_S


class OwnRequests:
    """Sends requests, and repeats each until it is answered."""

    def __init__(
        self, send: Callable[[Peer, bytes], None], via: Callable[[Peer, str], str], clock: Callable[[], float]
    ) -> None:
        """`via` writes our Via for a peer and a branch."""
        self._send, self._via, self._clock = send, via, clock
        self._waiting: dict[str, _Waiting] = {}
        self.credentials = "", ""
        """The user and password for the trunk's challenges."""
        self._asked: dict[str, Callable[[Message], object]] = {}

    def acknowledge(self, dialog: Dialog) -> None:
        """Send the ACK of the 200 to the last INVITE."""
        self._send(dialog.hop, dialog.request("ACK", dialog.number, self._via(dialog.hop, _branch())).encode())

    def end(self, dialog: Dialog) -> None:
        """Send a BYE."""
        self.send(dialog, "BYE", dialog.number + 1, lambda answer: None)

    def send(
        self,
        dialog: Dialog,
        method: str,
        number: int,
        then: Callable[[Message | None], None],
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        signed: bool = False,
    ) -> None:
        """Send a request; `then` gets its final answer, None if none comes. One challenge is answered, with the next number."""
        branch, now = _branch(), self._clock()
        request = dialog.request(method, number, self._via(dialog.hop, branch))
        request.headers += headers
        request.body = body

        def sign(challenge: Message) -> bool:
            name, answer = CHALLENGES[challenge.status]
            proof = answer_to_challenge(challenge.all(name), *self.credentials, method, request.uri)
            if signed or not proof or not self.credentials[0]:
                return False
            self.send(dialog, method, number + 1, then, [*headers, (answer, proof)], body, signed=True)
            return True

        self._waiting[branch] = _Waiting(dialog.hop, request.encode(), now, now + T1_S, then, sign)
        self._send(dialog.hop, self._waiting[branch].data)

    def asks(self, peer: Peer, request: Message, then: Callable[[Message], object]) -> Callable[[], None]:
        """Prepare a request of our own outside of calls; returns what sends it. `then` gets its final response."""
        branch = _branch()
        request.lead("Via", [self._via(peer, branch)])
        self._asked[branch] = then
        while len(self._asked) > MAX_ASKED:
            self._asked.pop(next(iter(self._asked)))
        data = request.encode()
        return lambda: self._send(peer, data)

    def answered(self, answer: Message) -> bool:
        """Take a response; whether it was one to a request from here."""
        if answer.status >= 200 and (then := self._asked.pop(answer.branch, None)):
            then(answer)
            return True
        if answer.branch not in self._waiting:
            return False
        if answer.status >= 200:
            waiting = self._waiting.pop(answer.branch)
            if answer.status not in CHALLENGES or not waiting.sign(answer):
                waiting.then(answer)
        return True

    def repeat(self) -> None:
        """Send again what is due, and give up what is never answered."""
        now = self._clock()
        for branch, each in list(self._waiting.items()):
            if now - each.began >= GIVE_UP_S:
                self._waiting.pop(branch).then(None)
            elif now >= each.due:
                each.wait = min(2 * each.wait, T2_S)
                each.due = now + each.wait
                if each.hop.transport == "udp":
                    self._send(each.hop, each.data)


def _branch() -> str:
    return f"z9hG4bK{secrets.token_hex(12)}"
