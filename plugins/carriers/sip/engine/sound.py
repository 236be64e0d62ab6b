"""The sound clock: one thread that every 20 ms moves what all parties say to who hears it and what records it.

The stack buffers two seconds each way, so a late tick loses nothing: it moves what has come meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from plugins.carriers.sip.engine.recording import FRAME, Listener, Recorder

log = structlog.get_logger(__name__)

TICK_S = 0.02
AHEAD = 3 * FRAME
"""So much of what is played lies in the stack's buffer: it stops so much later, and does not stutter if a tick is late."""
MOST_BUFFERED = 10 * FRAME
"""More of a conversation than this is delay and no reserve: what is above it is left out."""
READ = 32 * FRAME


class Pipe(Protocol):
    """A stack's sound of one call; every method returns at once and raises nothing."""

    def read(self, most: int) -> bytes:
        """What the party said since the last time."""

    def write(self, pcm: bytes) -> None:
        """What the party is to hear next."""

    def buffered(self) -> int:
        """Bytes that are written and not sent yet; -1 before the sound starts."""

    def flush(self) -> None:
        """Forget what is written and not sent."""


class Voice:
    """One leg's place in the clock: what it hears, who hears it and what records it."""

    def __init__(self, pipe: Pipe) -> None:
        """Silent at first."""
        self.pipe = pipe
        self.to: Voice | None = None
        self.recorder: tuple[Recorder, int] | None = None
        self.message: tuple[Recorder, Listener, Callable[[str], None]] | None = None
        self.ear: Callable[[bytes], None] | None = None
        """Gets what the party says at each tick, also nothing."""
        self._playing = b""
        self._at = 0
        self._repeat = False
        self._done: Callable[[bool], None] | None = None
        self._draining = False

    def play(self, pcm: bytes, repeat: bool, done: Callable[[bool], None]) -> None:
        """Let the party hear `pcm`; `done` gets whether it heard it to the end."""
        self.stop()
        self._playing, self._at, self._repeat, self._done, self._draining = pcm, 0, repeat, done, False

    def stop(self) -> None:
        """Silence what is played."""
        if self._done:
            self.pipe.flush()
            done, self._done, self._playing = self._done, None, b""
            done(False)

    def join(self, other: Voice | None) -> None:
        """Send what this party says to `other` from now on, with a small reserve against stutter."""
        self.to = other
        if other:
            other.stop()
            other.pipe.write(bytes(2 * FRAME))

    def tick(self, now: float) -> None:
        """Move what is there."""
        said = self.pipe.read(READ)
        if self.ear:
            self.ear(said)
        if said:
            if self.to and self.to.pipe.buffered() < MOST_BUFFERED:
                self.to.pipe.write(said)
            if self.recorder:
                self.recorder[0].push(self.recorder[1], said)
        if self.message:
            self._listen(said, now)
        if self._done:
            self._feed()

    def _listen(self, said: bytes, now: float) -> None:
        assert self.message
        recorder, listener, ended = self.message
        recorder.push(0, said)
        if why := listener.hear(said, now):
            self.message = None
            ended(why)

    def _feed(self) -> None:
        buffered = self.pipe.buffered()
        if buffered < 0:
            return
        if self._draining:
            if buffered == 0 and self._done:
                done, self._done = self._done, None
                done(True)
            return
        while (room := AHEAD - buffered) > 0 and self._playing:
            piece = self._playing[self._at : self._at + room]
            self.pipe.write(piece)
            buffered += len(piece)
            self._at += len(piece)
            if self._at >= len(self._playing):
                self._at = 0
                if not self._repeat:
                    self._draining = True
                    return
        self._draining = not self._playing


class Clock:
    """The thread. Its lock guards voices and recorders; hold it shortly."""

    def __init__(self) -> None:
        """Not started."""
        self.lock = threading.RLock()
        self._voices: list[Voice] = []
        self._recorders: list[Recorder] = []
        self._thread = threading.Thread(target=self._run, name="sip-sound", daemon=True)
        self._stop = threading.Event()
        self.latest = 0.0
        """The longest time between two ticks, in seconds."""

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def close(self) -> None:
        """Stop ticking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2)

    def add(self, voice: Voice) -> None:
        """Serve one leg more."""
        with self.lock:
            self._voices.append(voice)

    def remove(self, voice: Voice) -> None:
        """Serve one less; takes with it whatever is still in its pipe."""
        with self.lock:
            if voice in self._voices:
                voice.tick(time.monotonic())
                voice.stop()
                self._voices.remove(voice)

    def record(self, recorder: Recorder) -> None:
        """Serve a recorder."""
        with self.lock:
            self._recorders.append(recorder)

    def finish(self, recorder: Recorder, done: Callable[[], None]) -> None:
        """Close a recorder; `done` is called on the disk's thread when the file is whole."""
        with self.lock:
            if recorder in self._recorders:
                self._recorders.remove(recorder)
                recorder.finish(time.monotonic(), done)

    def _run(self) -> None:
        due = last = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            self.latest, last = max(self.latest, now - last), now
            with self.lock:
                ticking: list[Voice | Recorder] = [*self._voices, *self._recorders]
                for each in ticking:
                    try:
                        each.tick(now)
                    except Exception:
                        log.exception("sip_sound_failed")
            due = max(due + TICK_S, time.monotonic() - TICK_S)
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
