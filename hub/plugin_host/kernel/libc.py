"""The C library's ways into the kernel that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

MACHINE = platform.machine()
SUPPORTED = ("x86_64", "aarch64")
"""The machines whose system calls are in `syscalls.tsv`."""


def is_supported() -> bool:
    """Whether this is 64-bit Linux on one of the machines that the filter knows."""
    return sys.platform == "linux" and platform.machine() in SUPPORTED and sys.maxsize > 2**32


def prctl(option: int, *arguments: int) -> int:
    """prctl(2) with up to four whole numbers. OSError if the kernel refuses."""
    padded = [ctypes.c_ulong(each) for each in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(ctypes.c_int(option), *padded))


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """syscall(2); each argument is a whole number or the memory that the kernel reads. OSError if the kernel refuses."""
    passed = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *passed)))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
