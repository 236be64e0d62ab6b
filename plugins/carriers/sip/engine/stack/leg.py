"""One call of the stack as the gateway sees it."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from baresip import AudioNotActive, AudioRestarted, BaresipError, Call, CallState, Event, StackEvent, StaleHandleError
from baresip.audio import CallAudio

from plugins.carriers.sip.engine.bridging import LegBridge
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.seen import Seen
from plugins.carriers.sip.engine.interface import (
    About,
    Bridge,
    Ended,
    EndedBy,
    Leg,
    LegEnded,
    LegReport,
    Reason,
    Recorded,
    Side,
)
from plugins.carriers.sip.engine.message_taking import take_message
from plugins.carriers.sip.engine.settings import LineSettings
from plugins.carriers.sip.engine.sound import Clock, Voice
from plugins.carriers.sip.engine.stack.early_answer import open_sound
from plugins.carriers.sip.engine.stack.endings import Endings, ending
from plugins.carriers.sip.engine.wav import Disk

ANSWER_S = 32.0
"""So long a caller may take to acknowledge our ringing."""
KEY_PAUSE_S = 0.06
"""Between two keys (ITU-T Q.24 wants 40 ms)."""


class CallPipe:
    """Reads and writes one call's PCM. A re-INVITE replaces the stack's buffers; then the next tick finds the new ones."""

    def __init__(self, audio: CallAudio) -> None:
        """`audio` may be inactive yet."""
        self._audio = audio

    def read(self, most: int) -> bytes:
        """What came since the last time."""
        try:
            said: bytes = self._audio.read(most)
        except (AudioNotActive, AudioRestarted):
            return b""
        return said

    def write(self, pcm: bytes) -> None:
        """Queue sound; what does not fit is left out."""
        try:
            self._audio.write(pcm)
        except (AudioNotActive, AudioRestarted):
            return

    def buffered(self) -> int:
        """Bytes not sent yet; -1 before sound can be sent."""
        try:
            info = self._audio.info()
        except AudioNotActive:
            return -1
        return int(info.tx_buffered) if info.tx_ready else -1

    def flush(self) -> None:
        """Forget what is not sent yet."""
        try:
            self._audio.flush_tx()
        except (AudioNotActive, AudioRestarted):
            return


class Holder(Protocol):
    """What a leg needs of its engine."""

    clock: Clock
    disk: Disk
    endings: Endings
    relay: Relay
    settings: LineSettings

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside."""

    def forget(self, leg: StackLeg) -> None:
        """A leg is over."""


class StackLeg:
    """A `Leg` over one call of the stack."""

    def __init__(self, engine: Holder, call: Call, about: About, key: str = "") -> None:
        """Watch the call from its first moment. `key` is that of the plan of an outgoing call."""
        self.id = uuid.uuid4().hex
        self.about, self.key, self.outgoing = about, key, bool(key)
        self.digits: asyncio.Queue[str] = asyncio.Queue(maxsize=256)
        self.engine, self.call = engine, call
        self.voice = Voice(CallPipe(call.audio))
        self.ringing = asyncio.Event()
        self.early = asyncio.Event()
        """Whether its sound is open before the answer (183 with a description)."""
        self._early_until = float("inf")
        self._keys: deque[str] = deque(maxlen=64)
        self.bridge_now: LegBridge | None = None
        self.stop_message: Callable[[EndedBy, str], None] | None = None
        self.message_keys = ""
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Ended] = self._loop.create_future()
        self._up = asyncio.Event()
        self._why: Ended | None = None
        self._rtcp = False
        """Whether the party reports what it hears (RTCP)."""
        self._since = self._until = 0.0
        self._limit: asyncio.TimerHandle | None = None
        call.on(self._heard)
        call.on_dtmf(lambda event: self._digit(event.digit))

    @property
    def answered(self) -> bool:
        """Whether the call was taken."""
        return self._up.is_set()

    @property
    def seconds(self) -> float:
        """Since the answer."""
        return (self._until or time.monotonic()) - self._since if self._since else 0.0

    @property
    def ended(self) -> asyncio.Future[Ended]:
        """Done when the leg is over."""
        return self._ended

    def report(self) -> LegReport:
        """Its signalling from the relay, its sound from the stack's RTP and RTCP."""
        sip_call_id, sound = self.call.call_id or "", self.call.final_stats
        known = self.engine.relay.ledger.calls.get(sip_call_id)
        seen = known.seen if known else Seen()
        lost = (sound.jbuf_lost or 0) if sound else 0
        came, sent = (sound.rx_packets + lost, sound.tx_packets) if sound else (0, 0)
        return LegReport(
            sip_call_id=sip_call_id,
            code=seen.code,
            codec=seen.codec,
            post_dial_seconds=seen.post_dial_seconds,
            loss=lost / came if came else None,
            jitter_ms=float((sound.rx_jitter_ms if self._rtcp else sound.jbuf_jitter_ms) or 0)
            if sound and came
            else None,
            far_loss=max(0, sound.tx_lost) / sent if sound and sent and self._rtcp else None,
        )

    async def ring(self) -> None:
        """The stack sent 180 when the INVITE came."""

    async def answer(self) -> None:
        """Take the call and wait for its sound."""
        self._alive()
        if self.answered:
            return
        with _leg_errors():
            await self._answer()
        await self.until_up()

    async def _answer(self) -> None:
        """Answer, after the caller has acknowledged our ringing if it wants so (RFC 3262): the stack refuses until then."""
        patience = time.monotonic() + ANSWER_S
        while True:
            try:
                await self.call.answer()
                return
            except StaleHandleError:
                raise
            except BaresipError:
                if self._ended.done() or time.monotonic() > patience:
                    raise
                await asyncio.sleep(0.05)

    async def reject(self, code: int = 486) -> None:
        """Refuse the call."""
        if not 400 <= code <= 699:
            raise ValueError("A call is refused with a status from 400 to 699.")
        self._alive()
        self._why = Ended(Reason.REJECTED, Side.US, code)
        self.engine.relay.refuse_with(self.about.sip_call_id, code)
        with contextlib.suppress(BaresipError):
            await self.call.reject()

    @property
    def hears(self) -> bool:
        """Whether the party hears what is played to it."""
        return self.answered or self.early.is_set()

    async def hear_early(self) -> float:
        """Open the sound towards a caller who is not answered yet; for how many seconds others may be heard over it, as
        nobody pays for it. 0 if it cannot be opened: the caller offered no sound, or gave up."""
        if self.answered or self.outgoing:
            return float("inf")
        if not self.early.is_set():
            call_id = self.call.call_id or ""
            known = self.engine.relay.ledger.calls.get(call_id)
            if (
                self._ended.done()
                or not (known and known.described)
                or not await asyncio.to_thread(open_sound, call_id)
            ):
                return 0.0
            self.early.set()
            self._early_until = time.monotonic() + self.engine.settings.early_seconds
        return max(0.0, self._early_until - time.monotonic())

    async def play(self, pcm: bytes, *, repeat: bool = False) -> bool:
        """Let the party hear `pcm`."""
        self._alive()
        heard: asyncio.Future[bool] = self._loop.create_future()
        with self.engine.clock.lock:
            self.voice.play(pcm, repeat, lambda whole: self._tell(heard, whole))
        try:
            return await heard
        except asyncio.CancelledError:
            with self.engine.clock.lock:
                if not heard.done() or heard.cancelled():
                    self.voice.stop()
            raise

    async def record(
        self,
        path: Path,
        *,
        beep: bool = True,
        silence_s: float | None = 5.0,
        limit_s: float | None = 120.0,
        keys: str = "#",
    ) -> Recorded:
        """Record the party's message."""
        self._alive()
        return await take_message(self, path, beep=beep, silence_s=silence_s, limit_s=limit_s, keys=keys)

    def press(self, key: str) -> None:
        """Send the party a key, after those before it."""
        self._keys.append(key)
        if len(self._keys) == 1:
            self.engine.spawn(self._press())

    async def _press(self) -> None:
        with contextlib.suppress(BaresipError):
            while self._keys and not self._ended.done():
                await self.call.send_dtmf(self._keys[0])
                await asyncio.sleep(KEY_PAUSE_S)
                self._keys.popleft()
        self._keys.clear()

    def stop_recording(self) -> None:
        """End the message that is being recorded."""
        if self.stop_message:
            self.stop_message(EndedBy.STOPPED, "")

    def listen(self, heard: Callable[[bytes], None] | None) -> None:
        """Give what the party says to `heard`, on the loop."""
        with self.engine.clock.lock:
            self.voice.ear = heard and partial(self._loop.call_soon_threadsafe, heard)

    def bridge(self, other: Leg, record_to: Path | None = None) -> Bridge:
        """Let both parties hear each other."""
        if not isinstance(other, StackLeg) or other is self:
            raise ValueError("Only two legs of one engine can be bridged.")
        self._alive()
        other._alive()
        return LegBridge(self, other, record_to)

    def let_go(self) -> None:
        """End the leg, beside, and after all whose end somebody waits for."""
        self.engine.spawn(self.end(Reason.HUNG_UP if self.answered else Reason.CANCELLED, late=True))

    async def hang_up(self) -> None:
        """End the leg."""
        await self.end(Reason.HUNG_UP if self.answered else Reason.CANCELLED)

    async def end(self, reason: Reason, late: bool = False) -> None:
        """End the leg for a reason of ours, and wait until it is over. The party is let go at once, and the stack then ends one
        call after the other."""
        if self._ended.done():
            return
        self._why = self._why or Ended(reason, Side.US)
        if self.outgoing and not self.answered:
            self.engine.relay.abandon(self.key)
        if self.answered:
            self._until = self._until or time.monotonic()
            self.engine.clock.remove(self.voice)
            self.engine.relay.hang_up(self.call.call_id or "")
        if self.hears:
            await self.engine.endings.turn(late)
        with contextlib.suppress(BaresipError):
            await self.call.hangup()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._ended), 5)
        self.over(Ended(reason, Side.US))

    def dialog(self) -> str:
        """What another process needs to end this call."""
        known = self.engine.relay.ledger.calls.get(self.call.call_id or "")
        return known.dialog(self.call.call_id or "").encode() if known and known.parties[0] else ""

    async def until_up(self) -> None:
        """Wait for the answer. Raises `LegEnded`."""
        await self.until_up_or_over()
        if not self.answered:
            raise LegEnded("The call ended before it was answered.")

    async def until_up_or_over(self) -> None:
        """Wait for the answer or the end."""
        up = asyncio.ensure_future(self._up.wait())
        try:
            await asyncio.wait((up, self._ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()

    def over(self, ended: Ended) -> None:
        """The leg is over; harmless again."""
        if self._ended.done():
            return
        self._until = self._until or time.monotonic()
        if self._limit:
            self._limit.cancel()
        if self.hears:
            self.engine.endings.over()
        self.engine.clock.remove(self.voice)
        if self.bridge_now:
            self.bridge_now.lose(self)
        if self.stop_message:
            self.stop_message(EndedBy.HANG_UP, "")
        self._ended.set_result(self._why or ended)
        self.engine.forget(self)

    def _heard(self, event: StackEvent) -> None:
        """What the stack says about the call; on the loop."""
        if event.event is Event.CALL_ESTABLISHED:
            self._since = time.monotonic()
            self._limit = self._loop.call_later(60 * self.engine.settings.call_minutes, self._too_long)
            self._up.set()
        elif event.event is Event.CALL_RINGING:
            self.ringing.set()
        elif event.event is Event.CALL_PROGRESS:
            self.early.set()
            self.ringing.set()
        elif event.event is Event.CALL_RTCP:
            self._rtcp = True
        elif event.event is Event.CALL_CLOSED:
            self.over(ending(event.text or "", self.answered, self.outgoing))

    def _too_long(self) -> None:
        self.engine.spawn(self.end(Reason.LIMIT))

    def _digit(self, digit: str) -> None:
        if self.stop_message and digit in self.message_keys:
            self.stop_message(EndedBy.KEY, digit)
            return
        if self.bridge_now:
            self.bridge_now.pressed(self, digit)
        with contextlib.suppress(asyncio.QueueFull):
            self.digits.put_nowait(digit)

    def _alive(self) -> None:
        if self._ended.done() or self.call.state is CallState.CLOSED:
            raise LegEnded("The call is over.")

    def _tell(self, heard: asyncio.Future[bool], whole: bool) -> None:
        """Called on the sound thread or on the loop."""

        def tell() -> None:
            if not heard.done():
                heard.set_result(whole)

        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(tell)


@contextlib.contextmanager
def _leg_errors() -> Iterator[None]:
    """The stack's own errors as ours."""
    try:
        yield
    except BaresipError:
        raise LegEnded("The call is over.") from None
