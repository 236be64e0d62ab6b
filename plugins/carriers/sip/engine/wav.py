"""WAV files that are written while a call runs: whole at its end, and valid or mendable whenever the process dies."""

from __future__ import annotations

import os
import queue
import struct
import threading
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import structlog

from plugins.carriers.sip.engine.interface import RATE

log = structlog.get_logger(__name__)
HEADER = 44
MAX_WAITING = 4_000
"""Pieces of sound that wait for the disk, each of at most half a second: 64 MB."""
_HEADER_EVERY = 2 * RATE * 2
"""Bytes between two updates of the header: a second of stereo."""


def header(channels: int, size: int) -> bytes:
    """The 44 bytes before `size` bytes of 16-bit PCM at 8,000 Hz."""
    block = 2 * channels
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, RATE, RATE * block, block, 16, b"data", size,
    )  # fmt: skip


def repair(path: Path) -> float:
    """Make the header of a recording say what is in the file; returns its seconds, 0 if nothing of it can be heard."""
    with path.open("r+b") as file:
        start = file.read(HEADER)
        if len(start) < HEADER or start[:4] != b"RIFF" or start[36:40] != b"data":
            return 0.0
        channels = int(struct.unpack_from("<H", start, 22)[0])
        if channels not in (1, 2):
            return 0.0
        size = path.stat().st_size - HEADER
        size -= size % (2 * channels)
        file.truncate(HEADER + size)
        file.seek(0)
        file.write(header(channels, size))
        file.flush()
        os.fsync(file.fileno())
    return size / (2 * channels * RATE)


def interleaved(left: bytes, right: bytes) -> bytes:
    """Two equally long channels as one."""
    both = array("h", bytes(2 * len(left)))
    both[0::2], both[1::2] = array("h", left), array("h", right)
    return both.tobytes()


class Disk:
    """One thread that writes all recordings, so that a slow disk never delays sound."""

    def __init__(self) -> None:
        """Start the thread."""
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sip-recordings", daemon=True)
        self._thread.start()
        self.failures = 0

    def do(self, job: Callable[[], None]) -> None:
        """Do something after all that was asked for before."""
        self._jobs.put(job)

    def write(self, job: Callable[[], None]) -> None:
        """Write a piece of sound; it is left out if so much waits that the disk does not take it any more."""
        if self._jobs.qsize() < MAX_WAITING:
            self.do(job)
        else:
            self.failures += 1

    def close(self) -> None:
        """Write what is left, and stop."""
        self._jobs.put(None)
        self._thread.join(10)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - without this thread no call is recorded any more
                self.failures += 1
                if not isinstance(error, OSError):
                    log.error("a recording cannot be written", error=type(error).__name__)


class WavFile:
    """One recording on the disk. Called on the disk's thread alone."""

    def __init__(self, path: Path, channels: int) -> None:
        """Nothing is opened yet."""
        self._path, self._channels = path, channels
        self._file: BinaryIO | None = None
        self._size = self._said = 0

    def write(self, pcm: bytes) -> None:
        """Add interleaved PCM; the header follows about every second."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb", buffering=0)
            self._file.write(header(self._channels, 0))
        self._file.write(pcm)
        self._size += len(pcm)
        if self._size - self._said >= _HEADER_EVERY:
            self._put_header()

    def close(self) -> None:
        """Finish the header and wait until the disk has it all."""
        self.write(b"")
        if self._file:
            self._put_header()
            os.fsync(self._file.fileno())
            self._file.close()

    def _put_header(self) -> None:
        if self._file:
            self._file.seek(0)
            self._file.write(header(self._channels, self._size))
            self._file.seek(0, os.SEEK_END)
            self._said = self._size
