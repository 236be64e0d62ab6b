"""The limits that a plugin host sets itself before it imports the plugin: memory, files, no core file, end with the hub."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading

MAX_FILE_BYTES = 64_000_000
MAX_DESCRIPTORS = 256
MAX_STACK_BYTES = 8_388_608
"""Of the first thread. The limit of memory does not count it."""
THREAD_STACK_BYTES = 2_000_000 // 4096 * 4096
PR_SET_PDEATHSIG = 1


def limit_process(memory_mb: int, hub_pid: int) -> None:
    """Set the limits; they hold for everything that the process does afterwards, and a plugin cannot lift them."""
    threading.stack_size(THREAD_STACK_BYTES)
    for kind, limit in (
        (resource.RLIMIT_DATA, memory_mb * 1_000_000),
        (resource.RLIMIT_STACK, MAX_STACK_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_NOFILE, MAX_DESCRIPTORS),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit of the system stays
            resource.setrlimit(kind, (limit, limit))
    if sys.platform == "linux":
        _end_with_hub(hub_pid)


def _end_with_hub(hub_pid: int) -> None:
    """Ask the kernel to kill this process when the hub ends, even if it is busy and reads no pipe."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != hub_pid:
        os._exit(0)
