"""An engine in this process with sipp around it: callers, phones and their sound."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import sipp
from sipp import EncryptedSound, Sound, receive, request, respond

from hub.platform.loopback import free_port
from plugins.carriers.sip.engine.interface import Dial, Leg, LegEnded, NotPlaced
from plugins.carriers.sip.engine.settings import Caps, LineSettings, Phones, Trunk
from plugins.carriers.sip.engine.stack.engine import StackEngine
from plugins.carriers.sip.engine.tones import tone

T = TypeVar("T")
SPOKEN, FORWARDED, RINGING = "+13125550120", "+13125550121", "+13125550122"
RTP = (25000, 25199)
PHONE, US = "+13125550142", "+13125550120"
LET_GO = receive("BYE") + respond("200 OK", inside=True)
"""A party waits until the line ends its call."""


class Line:
    """An engine in a thread of its own; what it does with a call depends on the called number."""

    def __init__(
        self,
        host: str = "",
        certificate: Path | None = None,
        phones: Phones | None = None,
        listen: str = sipp.HOST,
    ) -> None:
        """`host` is the trunk's, if it has a name; `listen` the address of all."""
        self.host = listen
        self.port, self.trunk = free_port(), free_port()
        secured: dict[str, Any] = {"transport": "tls", "srtp": "require"} if certificate else {}
        trunk = Trunk(
            host or listen, self.trunk, addresses=(listen, *([host] if host[:1].isdigit() else [])), **secured
        )
        self.engine = StackEngine(
            LineSettings(trunk, listen_host=listen, listen_port=self.port, rtp_ports=RTP,
                         caps=Caps(call_backs_at_once=9), certificate=certificate, phones=phones)
        )  # fmt: skip
        self.loop = asyncio.new_event_loop()
        self.rings = PHONE
        """What the forwarded number rings."""
        self.keys: list[str] = []
        self.failures: list[NotPlaced] = []
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.run(self.engine.start(self._take))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the engine's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(sipp.PATIENCE)

    async def _take(self, leg: Leg) -> None:
        does: Callable[[Leg], Awaitable[None]] = {FORWARDED: self._forward, RINGING: self._ring}.get(
            leg.about.called, self._speak
        )
        does = self._call_out if leg.about.phone else does
        try:
            await does(leg)
        except LegEnded:
            return
        except NotPlaced as failure:
            self.failures.append(failure)

    async def _speak(self, leg: Leg) -> None:
        """Play a tone until the caller hangs up."""
        await leg.answer()
        self.keys.clear()
        playing = asyncio.create_task(leg.play(tone((440,), 1.0), repeat=True))
        while not leg.ended.done():
            waiting = asyncio.create_task(leg.digits.get())
            await asyncio.wait({leg.ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                self.keys.append(waiting.result())
            waiting.cancel()
        await asyncio.gather(playing, return_exceptions=True)

    async def _forward(self, leg: Leg) -> None:
        """Let a phone ring and both talk."""
        await leg.answer()
        out = await self.engine.place(Dial(self.rings, leg.about.caller, attested_by=leg), heard_by=leg)
        await leg.bridge(out).over()
        await asyncio.gather(leg.hang_up(), out.hang_up())

    async def _ring(self, leg: Leg) -> None:
        """Ring without an answer; the caller hears the phone."""
        out = await self.engine.place(Dial(PHONE, leg.about.caller, attested_by=leg), heard_by=leg)
        await leg.answer()
        await leg.bridge(out).over()
        await asyncio.gather(leg.hang_up(), out.hang_up())

    async def _call_out(self, leg: Leg) -> None:
        """Connect a phone of the business with whom it calls."""
        to = self.engine._registrar.destination(leg.about.called)
        out = await self.engine.place(Dial(to, leg.about.caller))
        await leg.answer()
        await leg.bridge(out).over()
        await asyncio.gather(leg.hang_up(), out.hang_up())

    def end(self) -> None:
        """Hang up every call."""
        for leg in self.engine.legs():
            self.run(leg.hang_up())

    async def _until_idle(self) -> None:
        while self.engine.legs():
            await asyncio.sleep(0.05)

    def settle(self) -> None:
        """Wait until no call is left."""
        self.run(self._until_idle())

    def close(self) -> None:
        self.run(self.engine.close())
        self.loop.call_soon_threadsafe(self.loop.stop)


class Peers:
    """The sipp processes of one test."""

    def __init__(self, line: Line, folder: Path) -> None:
        self.line, self.folder, self.running, self.sounds = line, folder, list[sipp.Running](), list[Sound]()

    def call(self, number: str, *parts: str, more: tuple[str, ...] = ()) -> sipp.Running:
        name = f"caller{len(self.running)}"
        self.running.append(
            sipp.call(self.folder, name, self.line.port, number, *parts, more=more, host=self.line.host)
        )
        return self.running[-1]

    def sound(self, encrypted: bool = False) -> Sound:
        self.sounds.append(EncryptedSound() if encrypted else Sound(self.line.host))
        return self.sounds[-1]

    def close(self) -> None:
        for each in self.running:
            each.close()
        for sound in self.sounds:
            sound.close()

    def phone(self, *parts: str, calls: int = 1, more: tuple[str, ...] = ()) -> sipp.Running:
        self.running.append(
            sipp.phone(self.folder, "phone", self.line.trunk, *parts, calls=calls, more=more, host=self.line.host)
        )
        return self.running[-1]


def invite(body: str, *more: str) -> str:
    """The caller's INVITE."""
    return request("INVITE", *more, first=True, body=body)


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + sipp.PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def taken(body: str, *more: str) -> str:
    """A call that is answered at once."""
    return (
        invite(body, *more)
        + receive(100, optional=True)
        + receive(180, optional=True)
        + receive(200, begins=True)
        + request("ACK")
    )
