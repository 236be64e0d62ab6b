"""Two legs that hear each other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from plugins.carriers.sip.engine.interface import Leg, SipError
from plugins.carriers.sip.engine.recording import Recorder
from plugins.carriers.sip.engine.sound import Clock, Voice
from plugins.carriers.sip.engine.tones import music

if TYPE_CHECKING:
    from plugins.carriers.sip.engine.wav import Disk


class Engine(Protocol):
    """What a bridge needs of its engine."""

    clock: Clock
    disk: Disk


class BridgedLeg(Leg, Protocol):
    """A leg with a voice in the clock."""

    voice: Voice

    @property
    def engine(self) -> Engine:
        """Whose leg it is."""

    bridge_now: LegBridge | None

    def press(self, key: str) -> None:
        """Send the party a key."""

    def let_go(self) -> None:
        """Hang up, beside."""


class LegBridge:
    """A `Bridge` between two legs of one engine."""

    def __init__(self, left: BridgedLeg, right: BridgedLeg, record_to: Path | None) -> None:
        """Connect both at once; a bridge that either was in is split."""
        for leg in (left, right):
            if leg.bridge_now:
                leg.bridge_now.split()
        self._left, self._right = left, right
        self._clock, self._disk = left.engine.clock, left.engine.disk
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[Leg | None] = self._loop.create_future()
        self._recorder: Recorder | None = None
        self._guests: list[BridgedLeg] = []
        """Legs that a transfer brought in and nobody else ends."""
        self._held_by: BridgedLeg | None = None
        self._leaving: BridgedLeg | None = None
        """Whose party transfers the other one now: it may hang up meanwhile."""
        self._went_on: LegBridge | None = None
        """The bridge that a leg of this one was transferred to."""
        self._closed = asyncio.Event()
        self._closed.set()
        with self._clock.lock:
            left.voice.stop()
            right.voice.stop()
            left.voice.join(right.voice)
            right.voice.join(left.voice)
        left.bridge_now = right.bridge_now = self
        if record_to:
            self.record_to(record_to)

    @property
    def recording(self) -> Path | None:
        """What is being written."""
        return self._recorder.path if self._recorder else None

    def record_to(self, path: Path) -> None:
        """Begin to record."""
        if self._recorder:
            raise SipError("The call is being recorded already.")
        if self._over.done():
            raise SipError("The call is over.")
        if path.exists():
            raise SipError("A recording of that name is there already.")
        self._closed.clear()
        recorder = Recorder(path, 2, self._disk, time.monotonic())
        with self._clock.lock:
            self._left.voice.recorder = (recorder, 0)
            self._right.voice.recorder = (recorder, 1)
            self._clock.record(recorder)
        self._recorder = recorder

    def pause(self) -> None:
        """Write silence from now on."""
        self._pause(True)

    def resume(self) -> None:
        """Write sound again."""
        self._pause(False)

    def stop_recording(self) -> float:
        """End the recording."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return 0.0
        with self._clock.lock:
            for leg in (self._left, self._right):
                if leg.voice.recorder and leg.voice.recorder[0] is recorder:
                    leg.voice.recorder = None
            self._clock.finish(recorder, self._tell_closed)
            return recorder.seconds

    def split(self) -> float:
        """Take the legs apart."""
        return self._part(None)

    def lose(self, leg: Leg) -> None:
        """A leg is over."""
        if leg is not self._leaving:
            self._part(leg)

    def pressed(self, leg: Leg, key: str) -> None:
        """A leg's party has pressed a key: the other one gets it. Recordings hold sound alone, so they never hold it."""
        (self._right if leg is self._left else self._left).press(key)

    async def over(self) -> Leg | None:
        """Wait for the first leg to end, and for the recording to be on disk."""
        leg = await asyncio.shield(self._over)
        await self._closed.wait()
        return await self._went_on.over() if self._went_on else leg

    def other(self, leg: Leg) -> BridgedLeg:
        """The leg that hears `leg`."""
        return self._right if leg is self._left else self._left

    def hold(self, leg: BridgedLeg, held: bool) -> None:
        """The party of `leg` holds the call, or resumes it; the other one hears music meanwhile."""
        self._held_by = leg if held else None
        if self._leaving is None:
            self._play_music(leg, held)

    def _play_music(self, leg: BridgedLeg, plays: bool) -> None:
        other = self.other(leg)
        with self._clock.lock:
            leg.voice.join(None if plays else other.voice)
            if plays:
                other.voice.play(music(), True, lambda heard: None)

    def begin_transfer(self, leg: BridgedLeg) -> BridgedLeg:
        """The party of `leg` transfers the other one, which is returned and hears music until somebody takes it."""
        self._leaving = leg
        self._play_music(leg, True)
        return self.other(leg)

    def give_up_transfer(self, leg: BridgedLeg) -> None:
        """Nobody took the other one: back to the party that transferred it, unless that one is gone."""
        self._leaving = None
        if leg.ended.done():
            self.lose(leg)
        else:
            self._play_music(leg, self._held_by is leg)

    def replace(self, leg: BridgedLeg, new: BridgedLeg, guest: bool = True) -> None:
        """Connect `new` in the place of `leg`. A `guest` is hung up when the call is over."""
        other, self._leaving, self._held_by = self.other(leg), None, None
        self._guests += [new] if guest else []
        with self._clock.lock:
            leg.voice.join(None)
            new.voice.recorder, leg.voice.recorder = leg.voice.recorder, None
            new.voice.join(other.voice)
            other.voice.join(new.voice)
        self._left, self._right = (new, other) if leg is self._left else (other, new)
        leg.bridge_now, new.bridge_now = None, self
        if new.ended.done():
            self.lose(new)

    def take_from(self, leg: BridgedLeg, there: LegBridge, their: BridgedLeg) -> None:
        """Connect the party that talks with `their` in the bridge `there` in the place of `leg`: an attended transfer."""
        new = there.other(their)
        there.stop_recording()
        their.bridge_now, there._went_on = None, self
        with self._clock.lock:
            their.voice.join(None)
        self.replace(leg, new, guest=False)
        if not there._over.done():
            there._over.set_result(None)

    def _part(self, leg: Leg | None) -> float:
        seconds = self.stop_recording()
        with self._clock.lock:
            for each in (self._left, self._right):
                if each.bridge_now is self:
                    each.bridge_now = None
                    each.voice.join(None)
        for guest in self._guests:
            guest.let_go()
        if not self._over.done():
            self._over.set_result(leg)
        return seconds

    def _pause(self, paused: bool) -> None:
        if self._recorder:
            with self._clock.lock:
                self._recorder.paused = paused

    def _tell_closed(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._closed.set)
