"""What the system gives to this process: file descriptors, and how its memory is kept."""

from __future__ import annotations

import contextlib
import ctypes
import resource

WANTED_FILES = 65_536
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
MMAP_BYTES = 131_072
ARENAS = 2


def file_limit() -> int:
    """How many descriptors this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED_FILES if soft == resource.RLIM_INFINITY else soft


def raise_file_limit() -> None:
    """Use as many descriptors as the system allows, up to `WANTED_FILES`; where it refuses, the limit stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def return_freed_memory() -> None:
    """Let glibc give large blocks back as soon as they are freed, and use few arenas; other C libraries do so or ignore
    it. Else a flood of large requests would leave its memory with the process."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, ARENAS)
        libc.mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
