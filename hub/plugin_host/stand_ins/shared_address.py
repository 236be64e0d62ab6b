"""Where a stand-in of the running hub listens, for the commands that play something through it.

The process that holds a lock on the file answers at the address in it. The kernel frees the lock when that process ends, so a
file that nobody holds says nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d{1,5}")
MAX_BYTES = 40


def file_of(folder: Path, connector: str) -> Path:
    """The file of one connector's stand-in."""
    return folder / f"{connector}.address"


def hold_address(folder: Path, connector: str, address: str) -> int | None:
    """Say where a stand-in listens, until the descriptor is closed; None if another process does so already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file_of(folder, connector), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if not _locks(descriptor):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, address.encode())
    return descriptor


def shared_address(folder: Path, connector: str) -> str | None:
    """Where another process answers for a connector's stand-in; None if none does."""
    try:
        descriptor = os.open(file_of(folder, connector), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        said = os.read(descriptor, MAX_BYTES).decode("ascii", "replace")
        return said if ADDRESS.fullmatch(said) and not _locks(descriptor) else None
    finally:
        os.close(descriptor)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
