"""The line's registration at its trunk (RFC 3261 section 10): signed in by digest, refreshed, tried again after a failure."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable

from plugins.carriers.sip.engine.addresses import in_uri
from plugins.carriers.sip.engine.guard.calls import Peer
from plugins.carriers.sip.engine.guard.digest import answer_to_challenge
from plugins.carriers.sip.engine.guard.message import Message
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.targets import Target, Targets
from plugins.carriers.sip.engine.settings import Trunk

EXPIRES_S = 600
SHORTEST_S = 5.0
RETRY_S = 30.0
ANSWER_S = 4.0
"""A registrar that says nothing for so long does not answer; the next one of the trunk is asked."""
REPEATS_S = (0.5, 1.0, 2.0)
"""When a request over UDP is sent again: T1 and twice as long each time."""
TRIES = 4
REGISTERED, UNANSWERED = "registered", "no answer"
_EXPIRES = re.compile(r";\s*expires=(\d{1,7})", re.IGNORECASE)


class Registration:
    """Keeps the line signed in while it runs."""

    def __init__(
        self,
        trunk: Trunk,
        targets: Targets,
        relay: Relay,
        contact: Callable[[Peer], str],
        answer_s: float = ANSWER_S,
    ) -> None:
        """`contact` is the URI at which a peer reaches us."""
        self._trunk, self._targets, self._relay, self._contact = trunk, targets, relay, contact
        self._answer_s = answer_s
        self._call_id, self._tag, self._count = secrets.token_hex(16), secrets.token_hex(6), 0
        self._expires = EXPIRES_S
        self._at: Target | None = None
        self.granted = 0.0
        """For how many seconds the trunk took us."""
        self.state = ""
        """Empty until the first answer; `REGISTERED`, `UNANSWERED` or the status of the refusal."""

    async def run(self) -> None:
        """Sign in, and again before it expires."""
        while True:
            await self.sign_in()
            await asyncio.sleep(max(self.granted * 0.8, SHORTEST_S) if self.granted else RETRY_S)

    async def sign_in(self) -> None:
        """Ask the trunk's places in their order until one takes us."""
        state = UNANSWERED
        for target in self._targets.order():
            reply = await self._register(target, self._expires)
            if reply is None or reply.status == 503:
                self._targets.failed(target)
                state = state if reply is None else "503"
                continue
            if 200 <= reply.status < 300:
                self._at, self.state = target, REGISTERED
                self.granted = float(_granted(reply, self._contact(target.peer), self._expires))
                return
            state = str(reply.status)
            break
        self.state, self.granted = state, 0.0

    async def sign_out(self) -> None:
        """Take the registration back; nothing depends on the answer."""
        if self._at and self.state == REGISTERED:
            await self._register(self._at, 0)

    async def _register(self, target: Target, expires: int) -> Message | None:
        """The final answer of one registrar, after its challenges."""
        signed: tuple[str, str] | None = None
        for _ in range(TRIES):
            request = self._request(target, expires, signed)
            reply = await self._ask(target.peer, request)
            if reply is None:
                return None
            if reply.status == 423 and reply.get("min-expires").isdigit():
                expires = self._expires = min(int(reply.get("min-expires")), 86_400)
                continue
            name = {401: "www-authenticate", 407: "proxy-authenticate"}.get(reply.status)
            fresh = answer_to_challenge(
                reply.all(name or ""), self._trunk.user, self._trunk.password, "REGISTER", request.uri
            )
            # The same nonce again means that the password is wrong.
            if not name or not fresh or (signed and "stale=true" not in reply.get(name).lower()):
                return reply
            signed = ("Authorization" if reply.status == 401 else "Proxy-Authorization", fresh)
        return reply

    def _request(self, target: Target, expires: int, signed: tuple[str, str] | None) -> Message:
        self._count += 1
        us = f"<sip:{self._trunk.user}@{in_uri(target.host)}>"
        headers = [
            ("Max-Forwards", "70"), ("From", f"{us};tag={self._tag}"), ("To", us), ("Call-ID", self._call_id),
            ("CSeq", f"{self._count} REGISTER"), ("Contact", f"<{self._contact(target.peer)}>"),
            ("Expires", str(expires)), ("User-Agent", "Ringfence"), *([signed] if signed else []),
        ]  # fmt: skip
        return Message("REGISTER", f"sip:{in_uri(target.host)}", headers=headers)

    async def _ask(self, peer: Peer, request: Message) -> Message | None:
        """The final answer to a request of no call; None if there is none in time."""
        answered: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def take(reply: Message) -> None:
            if not answered.done():
                answered.set_result(reply)

        send = self._relay.requests.asks(peer, request, take)
        try:
            async with asyncio.timeout(self._answer_s):
                send()
                for pause in REPEATS_S if peer.transport == "udp" else ():
                    await asyncio.wait((answered,), timeout=pause)
                    if answered.done():
                        break
                    send()
                return await answered
        except TimeoutError:
            return None


def _granted(reply: Message, contact: str, requested: int) -> int:
    """The seconds that a registrar allows: at our Contact, else in Expires."""
    listed = [each for value in reply.all("contact") for each in value.split(",")]
    ours = next((each for each in listed if contact.partition(";")[0] in each), "")
    found = _EXPIRES.search(ours)
    said = found[1] if found else reply.get("expires")
    return min(int(said), requested) if re.fullmatch("[0-9]{1,7}", said) else requested
