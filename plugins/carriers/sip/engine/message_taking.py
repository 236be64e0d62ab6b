"""A message that one party leaves: the beep, the recording and its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from plugins.carriers.sip.engine.bridging import BridgedLeg
from plugins.carriers.sip.engine.interface import EndedBy, Recorded, SipError
from plugins.carriers.sip.engine.recording import Listener, Recorder
from plugins.carriers.sip.engine.tones import beep as beep_tone

KEY_TONE_S = 0.15
"""What a key pressed at the end may have left in the sound."""


class MessageLeg(BridgedLeg, Protocol):
    """A leg that can take a message."""

    stop_message: Callable[[EndedBy, str], None] | None
    message_keys: str


async def take_message(
    leg: MessageLeg, path: Path, *, beep: bool, silence_s: float | None, limit_s: float | None, keys: str
) -> Recorded:
    """Record what the party says; see `Leg.record`."""
    if leg.stop_message:
        raise SipError("A message is being recorded already.")
    if path.exists():
        raise SipError("A recording of that name is there already.")
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[tuple[EndedBy, str]] = loop.create_future()

    def stop(why: EndedBy, key: str) -> None:
        if not stopped.done():
            stopped.set_result((why, key))

    leg.stop_message, leg.message_keys = stop, keys
    try:
        if beep:
            await _beep(leg, stopped)
        return await _record(leg, path, silence_s, limit_s, stopped)
    finally:
        leg.stop_message, leg.message_keys = None, ""


async def _beep(leg: MessageLeg, stopped: asyncio.Future[tuple[EndedBy, str]]) -> None:
    """The beep; a key pressed during it ends the message before it begins."""
    playing = asyncio.ensure_future(leg.play(beep_tone()))
    try:
        await asyncio.wait((playing, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing


async def _record(
    leg: MessageLeg,
    path: Path,
    silence_s: float | None,
    limit_s: float | None,
    stopped: asyncio.Future[tuple[EndedBy, str]],
) -> Recorded:
    loop, clock = asyncio.get_running_loop(), leg.engine.clock
    on_disk = asyncio.Event()
    start = time.monotonic()
    recorder = Recorder(path, 1, leg.engine.disk, start)

    def heard_end(why: str) -> None:
        loop.call_soon_threadsafe(leg.stop_message or (lambda *_: None), EndedBy(why), "")

    with clock.lock:
        leg.voice.message = (recorder, Listener(silence_s, limit_s, start), heard_end)
        clock.record(recorder)
    try:
        why, key = await stopped
    finally:
        with clock.lock:
            leg.voice.message = None
            if stopped.done() and not stopped.cancelled() and stopped.result()[0] is EndedBy.KEY:
                recorder.trim(KEY_TONE_S)
            clock.finish(recorder, lambda: _set(loop, on_disk))
    await on_disk.wait()
    return Recorded(path, recorder.seconds, why, key)


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)
