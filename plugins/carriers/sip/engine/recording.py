"""Recordings in the making: one channel per party on one clock, and the message that one party leaves."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

from plugins.carriers.sip.engine.interface import BYTES_S, EndedBy
from plugins.carriers.sip.engine.wav import Disk, WavFile, interleaved

FRAME = 320
"""Bytes of 20 ms."""
DELAY_S = 0.2
"""So late sound may come and still be in its place."""
AHEAD_S = 0.3
"""More than this too early is left out: a party whose clock is fast."""
BLOCK_S = 0.5
QUIET = 200
"""The loudness (root mean square of 32,767) below which a line counts as silent: -44 dBFS."""


class Recorder:
    """Puts what one or two parties say in place by the clock. Runs on the sound thread."""

    def __init__(self, path: Path, channels: int, disk: Disk, now: float) -> None:
        """`now` is the first moment of the recording."""
        self._file, self._disk = WavFile(path, channels), disk
        self._channels = [bytearray() for _ in range(channels)]
        self._start, self._done = now, 0
        self._block = bytearray()
        self.paused = False
        self.path = path
        self.padded = 0
        """Bytes of silence that were put in for sound that did not come."""
        disk.do(lambda: self._file.write(b""))

    @property
    def seconds(self) -> float:
        """What was put in place so far."""
        return self._done / BYTES_S

    def push(self, channel: int, pcm: bytes) -> None:
        """Take what a party said."""
        self._channels[channel] += bytes(len(pcm)) if self.paused else pcm

    def tick(self, now: float) -> None:
        """Put in place what is due."""
        self._place(self._due(now - DELAY_S))

    def finish(self, now: float, done: Callable[[], None]) -> None:
        """Put the rest in place, close the file and call `done`, on the disk's thread."""
        self._place(self._due(now))
        self._flush()
        self._disk.do(self._file.close)
        self._disk.do(done)

    def trim(self, seconds: float) -> None:
        """Forget the last moment that was pushed and is not in place yet."""
        for channel in self._channels:
            del channel[max(0, len(channel) - int(seconds * RATE_S) * 2) :]
        self._start += seconds

    def _due(self, until: float) -> int:
        return max(0, int((until - self._start) * BYTES_S) // FRAME * FRAME - self._done)

    def _place(self, wanted: int) -> None:
        if wanted <= 0:
            return
        pieces = []
        for channel in self._channels:
            if (spare := len(channel) - wanted - int((DELAY_S + AHEAD_S) * BYTES_S)) > 0:
                del channel[: spare // FRAME * FRAME]
            piece = bytes(channel[:wanted])
            del channel[:wanted]
            self.padded += wanted - len(piece)
            pieces.append(piece.ljust(wanted, b"\0"))
        self._done += wanted
        self._block += interleaved(*pieces) if len(pieces) == 2 else pieces[0]
        if len(self._block) >= BLOCK_S * BYTES_S * len(pieces):
            self._flush()

    def _flush(self) -> None:
        block, self._block = bytes(self._block), bytearray()
        self._disk.write(lambda: self._file.write(block))


RATE_S = BYTES_S // 2


class Listener:
    """Hears one party's message and says what ends it: a key, silence or its length."""

    def __init__(self, silence_s: float | None, limit_s: float | None, now: float) -> None:
        """Times in seconds; None for no such end."""
        self._silence_s, self._limit_s = silence_s, limit_s
        self._start = self._heard = now

    def hear(self, pcm: bytes, now: float) -> EndedBy | None:
        """Take what was said since the last time."""
        if pcm and loudness(pcm) >= QUIET:
            self._heard = now
        if self._limit_s is not None and now - self._start >= self._limit_s:
            return EndedBy.LIMIT
        if self._silence_s is not None and now - self._heard >= self._silence_s:
            return EndedBy.SILENCE
        return None


def loudness(pcm: bytes) -> float:
    """Root mean square of 16-bit samples."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    return float((sum(each * each for each in samples) / len(samples)) ** 0.5) if samples else 0.0
