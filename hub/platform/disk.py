"""The disk that the hub writes to: a reserve held as a file, released when the disk is full, and allocated again later."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import structlog

from hub.platform import metrics

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
RETRY_SECONDS = 60.0
"""Wait after the reserve could not be allocated."""
MAX_SHARE = 20
"""The reserve is at most this part of the disk: a twentieth."""
FULL_BELOW, SHORT_BELOW = 4, 2
"""The disk is full below a quarter of the reserve, and short of space below half of it."""


class Space(StrEnum):
    """How much the hub may still write."""

    ENOUGH = "enough"
    SHORT = "short"
    """Big files wait: recordings, pictures, backups and the files of privacy requests."""
    FULL = "full"
    """Nothing new is taken in; the reserve is spent on what is under way."""


def free_bytes(folder: Path) -> int:
    """The bytes that this process may still write on the folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def total_bytes(folder: Path) -> int:
    """The size of the folder's disk."""
    found = os.statvfs(folder)
    return found.f_blocks * found.f_frsize


class Disk:
    """Watches the disk of one folder. Several processes may share the reserve, a file in that folder.

    The reserve is emptied, not deleted, when the disk is full: an empty file says to every process, and after a restart,
    that the disk is full until there is space for the whole reserve again. `folder` is None if nothing is written to this
    machine; `size` 0 turns everything off.
    """

    def __init__(
        self,
        folder: Path | None,
        size: int,
        *,
        free: Callable[[Path], int] = free_bytes,
        total: Callable[[Path], int] = total_bytes,
    ) -> None:
        self._folder, self._wanted = folder, size
        self._free, self._total = free, total
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.space = Space.ENOUGH
        """As the last look found it."""
        self._next_try = 0.0

    @property
    def full(self) -> bool:
        """Whether nothing new may be taken in."""
        return self.space == Space.FULL

    @property
    def short(self) -> bool:
        """Whether big files must wait."""
        return self.space != Space.ENOUGH

    @property
    def size(self) -> int:
        """The bytes of the reserve; less than wanted on a small disk."""
        if self._folder is None or not self._wanted:
            return 0
        return min(self._wanted, self._total(self._folder) // MAX_SHARE)

    @property
    def kept_free(self) -> int:
        """The bytes that a backup leaves free: with less, space is short."""
        return self.size // SHORT_BELOW

    @property
    def reserve(self) -> Path | None:
        """The file that holds the reserve."""
        return self._folder / "disk.reserve" if self._folder is not None and self._wanted else None

    def full_since(self) -> datetime | None:
        """When the reserve was released; None while it is held."""
        file = self.reserve
        try:
            found = file.stat() if file is not None else None
        except OSError:
            return None
        return datetime.fromtimestamp(found.st_mtime, UTC) if found is not None and not found.st_size else None

    def warning(self) -> str | None:
        """One sentence if the disk has less free space than twice the reserve, the reserve itself included."""
        if self._folder is None or not self._wanted or not self._folder.is_dir():
            return None
        free = self._free(self._folder) + self._held()
        if free >= 2 * self._wanted:
            return None
        return (
            f"The disk of {self._folder} has {free // 1_000_000:,} MB free, less than twice hub.disk_reserve; make space, "
            "or the hub will soon refuse calls."
        )

    def look(self) -> Space:
        """Look once: release the reserve if the disk is full, allocate it again if there is space."""
        file = self.reserve
        if file is None or self._folder is None:
            return self.space
        with self._lock:
            before = self.space
            self.space = self._judge(file, self._free(self._folder))
            metrics.DISK_FREE.set(self._free(self._folder))
            metrics.DISK_FULL.set(self.full)
        if self.space != before:
            tell = log.error if self.full else log.warning
            tell("the disk's free space", space=self.space.value, before=before.value, folder=str(self._folder))
        return self.space

    def start(self, on_full: Callable[[datetime], None]) -> None:
        """Look each second from now on. `on_full` gets the time when the disk became full, again until it succeeds."""
        if self.reserve is not None and self._thread is None:
            self._thread = threading.Thread(target=self._watch, args=(on_full,), name="disk", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more. The reserve stays."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LOOK_SECONDS)

    def _watch(self, on_full: Callable[[datetime], None]) -> None:
        reported: datetime | None = None
        while not self._stopping.is_set():
            try:
                self.look()
                since = self.full_since() if self.full else None
                if since is not None and since != reported:
                    on_full(since)
                    reported = since
            except Exception as error:  # noqa: BLE001 - the thread goes on, and tries again
                log.warning("the disk cannot be watched", error=type(error).__name__)
            self._stopping.wait(LOOK_SECONDS)

    def _judge(self, file: Path, free: int) -> Space:
        size = self.size
        released = file.exists() and not file.stat().st_size
        if released and free >= size + size // SHORT_BELOW and self._allocate(file, size):
            return self._judge(file, self._free(file.parent))
        if released:
            return Space.FULL
        if free < size // FULL_BELOW:
            self._release(file)
            return Space.FULL
        if free < size // SHORT_BELOW:
            return Space.SHORT
        if not file.exists() and free >= size + size // SHORT_BELOW:
            self._allocate(file, size)
        return Space.ENOUGH

    def _held(self) -> int:
        file = self.reserve
        return file.stat().st_size if file is not None and file.exists() else 0

    def _allocate(self, file: Path, size: int) -> bool:
        """Write the reserve beside its place first, so that it is held as a whole or not at all."""
        if time.monotonic() < self._next_try:
            return False
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as stream:
                _reserve_blocks(stream.fileno(), size)
            draft.replace(file)
        except OSError as error:
            draft.unlink(missing_ok=True)
            self._next_try = time.monotonic() + RETRY_SECONDS
            log.warning("the reserve of disk space cannot be allocated", error=error.strerror)
            return False
        return True

    @staticmethod
    def _release(file: Path) -> None:
        """Empty the file, which needs no space; where there was none, an empty file is made if the disk allows it."""
        with contextlib.suppress(OSError):
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
            os.utime(file)


def _reserve_blocks(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    for start in range(0, size, 1 << 20):  # macOS has no posix_fallocate
        os.pwrite(descriptor, b"\1" * min(1 << 20, size - start), start)
