"""An engine without SIP: legs that tests make, and phones that pick up, are busy or do not answer."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plugins.carriers.sip.engine.interface import (
    Abilities,
    About,
    Busy,
    Dial,
    Ended,
    EndedBy,
    Health,
    LegEnded,
    LegReport,
    NoAnswer,
    Packet,
    Reason,
    Recorded,
    Side,
)
from plugins.carriers.sip.engine.wav import header


class FakeBridge:
    """Two legs that hear each other, until one ends."""

    def __init__(self, one: FakeLeg, other: FakeLeg, path: Path | None) -> None:
        self.legs, self.recording, self.controls = (one, other), path, list[str]()

    def pause(self) -> None:
        self.controls.append("pause")

    def resume(self) -> None:
        self.controls.append("resume")

    def stop_recording(self) -> float:
        self.controls.append("stop")
        if self.recording:
            self.recording.write_bytes(header(2, 4) + b"\1\0\2\0")
        self.recording = None
        return 1.0

    async def over(self) -> FakeLeg:
        for leg in self.legs:
            if leg.talks is not None:
                asyncio.get_running_loop().call_later(leg.talks, leg.end)
        await asyncio.wait([leg.ended for leg in self.legs], return_when=asyncio.FIRST_COMPLETED)
        if self.recording:
            sound = b"\1\0\2\0" * 8000
            self.recording.write_bytes(header(2, len(sound)) + sound)
        return next(leg for leg in self.legs if leg.ended.done())


class FakeLeg:
    """One party: what it heard, and how the call went."""

    def __init__(self, called: str, caller: str, outgoing: bool, **about: Any) -> None:
        self.id, self.outgoing, self.on_hold = uuid.uuid4().hex, outgoing, False
        self.about = About(called=called, caller=caller, **about)
        self.digits: asyncio.Queue[str] = asyncio.Queue()
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.heard: list[str] = []
        self.answered, self.rejected = outgoing, 0
        self.bridges: list[FakeBridge] = []
        self.keys: list[str] = []
        """Keys that the party presses, one at each prompt's end."""
        self.message = b""
        """What the party says when it is recorded."""
        self.ear: Callable[[bytes], None] | None = None
        self.slow = 0.0
        """Seconds for which each prompt is heard."""
        self.talks: float | None = None
        """Seconds for which the party talks before it hangs up; None: until the other one does."""

    @property
    def seconds(self) -> float:
        return 2.0 if self.answered else 0.0

    def report(self) -> LegReport:
        return LegReport(
            sip_call_id=f"{self.id}@sip.example.com", code=200 if self.answered else self.rejected or 487, codec="PCMU",
            post_dial_seconds=0.25, loss=0.01, jitter_ms=3.0,
        )  # fmt: skip

    async def ring(self) -> None:
        """It rings already."""

    async def answer(self) -> None:
        if self.ended.done():
            raise LegEnded("over")
        self.answered = True

    async def reject(self, code: int = 486) -> None:
        self.rejected = code
        self.end(Side.US, Reason.REJECTED)

    async def play(self, pcm: bytes, *, repeat: bool = False) -> bool:
        if self.ended.done():
            raise LegEnded("over")
        self.heard.append(pcm.decode())
        await asyncio.sleep(self.slow)
        if self.keys:
            self.digits.put_nowait(self.keys.pop(0))
        return not self.ended.done()

    async def record(self, path: Path, **how: Any) -> Recorded:
        path.write_bytes(header(1, len(self.message)) + self.message)
        self.end()
        return Recorded(path, len(self.message) / 16000, EndedBy.HANG_UP)

    def stop_recording(self) -> None:
        """Nothing waits."""

    def listen(self, heard: Callable[[bytes], None] | None) -> None:
        self.ear = heard

    def bridge(self, other: FakeLeg, record_to: Path | None = None) -> FakeBridge:
        made = FakeBridge(self, other, record_to)
        self.bridges.append(made)
        return made

    async def hang_up(self) -> None:
        self.end(Side.US)

    def dialog(self) -> str:
        return f"dialog of {self.about.called}"

    def end(self, side: Side = Side.PARTY, reason: Reason = Reason.HUNG_UP) -> None:
        """It is over."""
        if not self.ended.done():
            self.ended.set_result(Ended(reason, side))


class FakeEngine:
    """Phones by number: `busy`, `silent`, or what a phone does that picks up."""

    abilities = Abilities()

    def __init__(self) -> None:
        self.phones: dict[str, str | Callable[[FakeLeg], Any]] = {}
        self.placed: list[Dial] = []
        self.heard_by: list[FakeLeg | None] = []
        """Who hears each call that was placed ring."""
        self.all: list[FakeLeg] = []
        self.draining, self.trunk, self.registration = False, True, ""
        self.refused: dict[str, int] = {}
        self.messages: dict[str, list[Packet]] = {}
        """By Call-ID, until the gateway takes them."""

    async def start(self, incoming: Any, on_death: Any = None) -> None:
        self.incoming = incoming

    async def place(self, dial: Dial, *, on_ringing: Any = None, heard_by: Any = None, accept: Any = None) -> FakeLeg:
        self.placed.append(dial)
        self.heard_by.append(heard_by)
        does = self.phones.get(dial.number, "silent")
        if does == "busy":
            dial.sent.append(FakeLeg(dial.number, dial.caller, outgoing=False))
            dial.sent[0].rejected = 486
            raise Busy("busy", 486)
        if does == "silent":
            await asyncio.sleep(0.05)
            raise NoAnswer("it rang", 480)
        leg = FakeLeg(dial.number, dial.caller, outgoing=True, phone=dial.number.partition("sip:")[2])
        dial.sent.append(leg)
        self.all.append(leg)
        assert callable(does)
        does(leg)
        try:
            taken = accept is None or await accept(leg)
        except BaseException:
            await leg.hang_up()
            raise
        if not taken:
            await leg.hang_up()
            raise NoAnswer("not accepted")
        return leg

    def end_lost(self, dialogs: Any) -> None:
        """Nothing was lost."""

    def legs(self) -> list[FakeLeg]:
        return [leg for leg in self.all if not leg.ended.done()]

    def health(self) -> Health:
        return Health(True, self.draining, len(self.legs()), self.trunk, 1000, self.refused, self.registration)

    def packets(self, sip_call_id: str) -> list[Packet]:
        return self.messages.get(sip_call_id, [])

    def forgotten(self) -> dict[str, list[Packet]]:
        taken, self.messages = self.messages, {}
        return taken

    def note_refused(self, reason: str, leg: FakeLeg, status: int) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1

    async def drain(self) -> None:
        self.draining = True
        while self.legs():
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        for leg in self.legs():
            leg.end(Side.US, Reason.ENGINE)
