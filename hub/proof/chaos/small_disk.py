"""A disk of its own for the data of a chaos run, so that it can be filled: a file system in memory, which only root may
mount."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTES = 384
LEFT_FREE = 200_000
"""Bytes that a full disk has left; below what the hub calls full."""
MAX_TRIES = 20
LAZY_UNMOUNT = 2


def why_no_disk() -> str | None:
    """Why no disk can be mounted here; None if one can."""
    if os.name != "posix" or not Path("/proc/mounts").exists():
        return "only Linux has a file system in memory"
    return None if os.geteuid() == 0 else "only root may mount a disk"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of `MEGABYTES` mounted on a new folder; OSError if the container forbids it."""
    folder.mkdir(parents=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"mode=755,size=%dm" % MEGABYTES):
        raise OSError(ctypes.get_errno(), "this container may not mount a disk")
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), LAZY_UNMOUNT)


def fill(folder: Path) -> Path:
    """Fill the folder's disk with one file, and return it."""
    file = folder / "somebody's big file"
    with file.open("wb") as stream:
        for missed in range(MAX_TRIES):
            found = os.statvfs(folder)
            size = max(1, found.f_bavail * found.f_frsize - LEFT_FREE * (1 + missed))
            with suppress(OSError):  # the hub wrote at the same time
                os.posix_fallocate(stream.fileno(), 0, size)
                break
    return file
