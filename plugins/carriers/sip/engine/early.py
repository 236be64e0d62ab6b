"""What a caller hears while phones ring for them: the ringback tone, or the far end's own sound if one phone has some."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Protocol
from weakref import WeakKeyDictionary

from plugins.carriers.sip.engine.bridging import BridgedLeg
from plugins.carriers.sip.engine.interface import LegEnded
from plugins.carriers.sip.engine.tones import ringback


class WaitingLeg(BridgedLeg, Protocol):
    """The leg of a caller for whom phones ring."""

    @property
    def hears(self) -> bool:
        """Whether the party hears what is played to it; else its own network plays the ringback."""

    async def hear_early(self) -> float:
        """Let the party hear others before the answer too; for how many seconds it may."""


class RingingLeg(BridgedLeg, Protocol):
    """An outgoing leg before its answer."""

    ringing: asyncio.Event
    early: asyncio.Event


class Ringback:
    """The waiting of one caller; one for all phones that ring at once."""

    _waiting: WeakKeyDictionary[WaitingLeg, Ringback] = WeakKeyDictionary()

    def __init__(self, caller: WaitingLeg) -> None:
        """Nothing is heard yet."""
        self._caller = caller
        self._ringing: list[RingingLeg] = []
        self._tone: asyncio.Task[None] | None = None
        self._early: RingingLeg | None = None

    @classmethod
    @contextlib.contextmanager
    def of(cls, caller: WaitingLeg, leg: RingingLeg) -> Iterator[Ringback]:
        """Let `caller` hear that `leg` rings, until the block is left."""
        waiting = cls._waiting.setdefault(caller, cls(caller))
        task = asyncio.create_task(waiting._follow(leg))
        waiting._ringing.append(leg)
        try:
            yield waiting
        finally:
            task.cancel()
            waiting._leave(leg)

    def picked_up(self, leg: RingingLeg) -> None:
        """Let the caller hear the tone while the person who picked up hears a whisper, and nothing of that person."""
        self._silence(leg)
        self._ring()

    async def _follow(self, leg: RingingLeg) -> None:
        await leg.ringing.wait()
        if not leg.early.is_set():
            self._ring()
            await leg.early.wait()
        seconds = await self._caller.hear_early() if len(self._ringing) == 1 else 0.0
        if seconds and self._early is None and not leg.answered:
            self._stop_tone()
            self._early = leg
            with self._caller.engine.clock.lock:
                leg.voice.join(self._caller.voice)
            if seconds < float("inf"):
                await asyncio.sleep(seconds)
                self._silence(leg)
        self._ring()

    def _ring(self) -> None:
        if self._tone is None and self._early is None and self._caller.hears:
            self._tone = asyncio.create_task(self._play())

    def _silence(self, leg: RingingLeg) -> None:
        """Let the caller hear nothing more of `leg`."""
        if self._early is leg:
            self._early = None
            with self._caller.engine.clock.lock:
                leg.voice.join(None)

    async def _play(self) -> None:
        with contextlib.suppress(LegEnded):
            await self._caller.play(ringback(), repeat=True)

    def _stop_tone(self) -> None:
        if self._tone:
            self._tone.cancel()
            self._tone = None

    def _leave(self, leg: RingingLeg) -> None:
        self._ringing.remove(leg)
        self._silence(leg)
        if not self._ringing:
            self._stop_tone()
            self._waiting.pop(self._caller, None)
