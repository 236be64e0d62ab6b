"""The callers and the phones of a demo over SIP, in a process of their own: `python -m hub.proof.demo.line.phones PORT`.

It is the trunk on loopback: it calls in with the caller's number in P-Asserted-Identity, and takes what is dialed. Commands
come as JSON lines on stdin, one a call: `{"id", "to", "caller", "keys", "outcome", "talk", "answering"}`; `caller` is null for
a hidden one, `talk` are seconds. Events go to stdout: `{"id", "event": "dialed" | "talking" | "ended", "why", "code"}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import baresip

from hub.proof.demo.line.hearing import FRAME_BYTES, FRAME_SECONDS, hum, is_hummed, is_sound, tone_of

ANSWER_SECONDS, REFUSE_SECONDS, GIVE_UP_SECONDS = 0.4, 0.4, 0.8
"""After the first ring: when a phone is picked up or says that it is busy, and when a caller gives up."""
PROMPT_SECONDS, PAUSE_SECONDS, MESSAGE_PAUSE_SECONDS = 0.3, 0.7, 1.2
"""A prompt is at least so much sound, and it is over after so much silence: somebody waits for a key, or for a message."""
ESTABLISH_SECONDS, LONGEST_SECONDS = 60.0, 90.0
"""How long a call may ring; after the second a caller hangs up whatever happens."""
AHEAD_BYTES = 3 * FRAME_BYTES
LOOK_BYTES = 10 * FRAME_BYTES
PHONE_PORTS = "rtp_ports 28000-29999\n"


class Party:
    """One end of a call: it hums its tone, and hears."""

    def __init__(self, call: Any, hertz: int) -> None:
        self.call, self.hum, self.at = call, hum(hertz), 0
        self.over = asyncio.get_running_loop().create_future()
        call.on(self._happened)

    def _happened(self, event: Any) -> None:
        if event.event is baresip.Event.CALL_CLOSED and not self.over.done():
            self.over.set_result(None)

    def turn(self) -> bytes:
        """Hum on, and return what came since the last turn."""
        with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
            waiting = self.call.audio.info().tx_buffered
            if waiting < AHEAD_BYTES:
                piece = (self.hum + self.hum)[self.at : self.at + AHEAD_BYTES - waiting]
                self.at = (self.at + self.call.audio.write(piece)) % len(self.hum)
            return bytes(self.call.audio.read(50 * FRAME_BYTES))
        return b""

    async def hang_up(self) -> None:
        """End the call."""
        with contextlib.suppress(baresip.BaresipError):
            await self.call.hangup()


class Caller(Party):
    """Calls, presses keys after prompts, talks, and hangs up."""

    def __init__(self, call: object, order: dict[str, Any], tell: Callable[[str], None]) -> None:
        super().__init__(call, tone_of(order["caller"]))
        self.order, self.tell, self.keys = order, tell, list(order["keys"])
        self.dialed_at: float | None = None
        self.refused = False
        self._sound = self._silence = 0.0
        self._heard = bytearray()
        self._talking: float | None = None

    async def act(self) -> None:
        """Act until the call is over."""
        until = time.monotonic() + LONGEST_SECONDS
        while not self.over.done():
            heard = self.turn()
            if time.monotonic() > until or self._is_done(heard):
                await self.hang_up()
                break
            if self._prompt_ended(heard) and self.keys and not self.refused:
                key = self.keys.pop(0)
                if key is None:
                    await self.hang_up()
                    break
                if key:
                    await self.call.send_dtmf(key)
            await asyncio.sleep(FRAME_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.over), 5)

    def _is_done(self, heard: bytes) -> bool:
        """Whether the caller has said everything, or gives up."""
        now = time.monotonic()
        if self.order["outcome"] == "abandoned" and self.dialed_at is not None:
            return now > self.dialed_at + GIVE_UP_SECONDS
        if self._talking is None and self.dialed_at is not None and not self.refused:
            self._heard += heard
            if len(self._heard) >= LOOK_BYTES:
                if is_hummed(bytes(self._heard), tone_of(self.order["answering"])):
                    self._begin()
                self._heard.clear()
        return self._talking is not None and now > self._talking + self.order["talk"]

    def refuse(self) -> None:
        """The phones are busy: what is heard from now on is the voicemail."""
        if not self.refused:
            self.refused, self._sound = True, 0.0

    def _begin(self) -> None:
        self._talking = time.monotonic()
        self.tell("talking")

    def _prompt_ended(self, heard: bytes) -> bool:
        seconds = len(heard) / FRAME_BYTES * FRAME_SECONDS
        if heard and is_sound(heard):
            self._sound, self._silence = self._sound + seconds, 0.0
            return False
        self._silence += seconds
        pause = MESSAGE_PAUSE_SECONDS if self.refused else PAUSE_SECONDS
        if self._sound < PROMPT_SECONDS or self._silence < pause:
            return False
        self._sound = 0.0
        if self.refused and self._talking is None:
            self._begin()
        return True


class Trunk:
    """The other end of the gateway's line."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self.runtime = baresip.Runtime()
        self.tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int) -> None:
        """Open the port."""
        await self.runtime.start(
            baresip.Config(
                net_interface="127.0.0.1",
                max_concurrent_calls=None,
                native_log_level="error",
                expose_headers=("To", "From", "P-Asserted-Identity"),
                extra_config_text=f"sip_listen 127.0.0.1:{port}\nsip_transports udp\n{PHONE_PORTS}",
            )
        )
        account = baresip.Account(
            user="trunk",
            domain=f"127.0.0.1:{port}",
            password="",
            reg_interval=0,
            audio_codecs=("pcmu",),
            extra_params=("catchall=yes",),
        )
        self.agent = await baresip.UserAgent.create(self.runtime, account, transfer_policy="reject")
        self.agent.on_incoming(lambda call: self.begin(self.take(call)))

    def begin(self, work: Awaitable[None]) -> None:
        """Run something beside everything else."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def place(self, order: dict[str, Any]) -> None:
        """One call by a caller, from its INVITE to its end."""

        def tell(event: str, why: str = "", code: int = 0) -> None:
            report(order["id"], event, why, code)

        key, why, code = order["caller"] or "", "", 0
        hidden = {"Privacy": "id"}
        known = {"P-Asserted-Identity": f"<sip:{order['caller']}@127.0.0.1>"}
        try:
            call = await self.agent.dial(order["to"], known if order["caller"] else hidden)
            caller = self.callers[key] = Caller(call, order, tell)
            await call.wait_established(ESTABLISH_SECONDS)
            await caller.act()
        except baresip.BaresipError as error:
            why, code = f"{type(error).__name__}: {error}", getattr(error, "status", None) or 0
        finally:
            self.callers.pop(key, None)
            tell("ended", why, code)

    async def take(self, call: Any) -> None:
        """A phone rings: it is picked up if the caller's story says so, and is busy otherwise."""
        number, shown = (_user(call.headers.get(name, "")) for name in ("To", "From"))
        caller = self.callers.get(shown) or self.callers.get("")
        if caller is None:
            await call.reject()
            return
        if caller.dialed_at is None:
            caller.dialed_at = time.monotonic()
            caller.tell("dialed")
        picks_up = caller.order["outcome"] == "answered" and number == caller.order["answering"]
        phone = Party(call, tone_of(number))
        wait = ANSWER_SECONDS if picks_up else REFUSE_SECONDS
        if caller.order["outcome"] == "abandoned" or (not picks_up and caller.order["outcome"] == "answered"):
            wait = LONGEST_SECONDS
        await asyncio.wait([phone.over], timeout=wait)
        if phone.over.done():
            return
        if not picks_up:
            caller.refuse()
            with contextlib.suppress(baresip.BaresipError):
                await call.reject()
            return
        await call.answer()
        while not phone.over.done():
            phone.turn()
            await asyncio.sleep(FRAME_SECONDS)


def _user(header: str) -> str:
    """The number in a From or To header; blank if it is none."""
    user = header.rpartition("sip:")[2].partition("@")[0].replace("%2B", "+")
    return user if user.startswith("+") else ""


def report(name: str, event: str, why: str = "", code: int = 0) -> None:
    """Write an event of a call to stdout; a call that was not taken has a reason, and the SIP status if there was one."""
    sys.stdout.write(json.dumps({"id": name, "event": event, "why": why, "code": code}) + "\n")
    sys.stdout.flush()


async def serve(port: int) -> None:
    """Place what is ordered until stdin is closed."""
    trunk = Trunk()
    try:
        await trunk.open(port)
        orders = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        report("", "ready")
        while line := await orders.readline():
            trunk.begin(trunk.place(json.loads(line)))
    finally:
        await trunk.runtime.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
