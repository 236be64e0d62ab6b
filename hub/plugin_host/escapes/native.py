"""System calls that Python has no function for, by ctypes as a plugin would call them."""

from __future__ import annotations

import ctypes
import os

from hub.plugin_host.escapes.table import NotHere
from hub.plugin_host.kernel.libc import MACHINE, syscall

NUMBERS = {
    "add_key": (248, 217), "bpf": (321, 280), "clone": (56, 220), "clone3": (435, 435), "execveat": (322, 281),
    "fanotify_init": (300, 262), "fchmodat2": (452, 452), "inotify_init1": (294, 26), "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30), "kcmp": (312, 272), "keyctl": (250, 219), "memfd_create": (319, 279), "mq_open": (240, 180),
    "msgget": (68, 186), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "openat2": (437, 437),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "semget": (64, 190), "shmget": (29, 194),
    "syslog": (103, 116), "tgkill": (234, 131), "userfaultfd": (323, 282),
}  # fmt: skip
"""System call → its number on x86_64 and on aarch64."""


def raw(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by its name; OSError if the kernel refuses."""
    return syscall(NUMBERS[name][0 if MACHINE == "x86_64" else 1], *arguments)


def libc(name: str, *arguments: object) -> int:
    """Call a function of the C library; OSError if it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    try:
        function = getattr(library, name)
    except AttributeError:
        raise NotHere(name) from None
    result = int(function(*arguments))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
