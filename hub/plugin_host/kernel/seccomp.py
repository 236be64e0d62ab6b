"""The filter of system calls (seccomp(2)): only those of `syscalls.tsv` are allowed, some only with certain arguments.

A call that is not in the list fails with EPERM, so that the plugin's error says what was refused. One that is newer than the
list fails with ENOSYS, as on an older kernel, and so does a call of another architecture.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.plugin_host.kernel.libc import MACHINE, prctl

PR_GET_SECCOMP, PR_SET_SECCOMP, MODE_FILTER = 21, 22, 2
MAX_SYSCALL = 462
"""The last call that the list takes into account: mseal of Linux 6.10."""
AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, AND, EQUAL, GREATER, RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
"""Classic BPF: load a word of the call, mask it, compare it, return a verdict."""
NUMBER, ARCHITECTURE = 0, 4
ALLOW, FAIL = 0x7FFF0000, 0x00050000
ANY = 0xFFFFFFFF
FAST_OPEN = 0x20000000
"""MSG_FASTOPEN: `send` would connect."""
THREAD, NEW_NAMESPACES, SIGNAL = 0x10000, 0x7E020080, 0x80
SHARED, ANONYMOUS, GROWING = 0x1, 0x20, 0x100
"""Flags of mmap. The memory limit counts neither shared memory nor what may grow as a stack."""
AF_UNIX, AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, SOCKET_TYPE = 1, 2, 10, 1, 2, 0xF
DESCRIPTOR_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032, 1033, 1034)
"""Duplicate, flags, locks, sizes of pipes and seals; not F_SETOWN, F_SETLEASE and F_NOTIFY, which signal."""
PRCTL_OPTIONS = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)
"""What only reads, PR_SET_NAME, and PR_SET_VMA, which names memory."""
Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


@dataclass(frozen=True)
class Test:
    """One argument of a call, after a mask, must be one of `values`; `high` tests its upper 32 bits."""

    argument: int
    mask: int
    values: tuple[int, ...]
    high: bool = False


def is_available() -> bool:
    """Whether this kernel can filter system calls."""
    try:
        return prctl(PR_GET_SECCOMP) >= 0
    except OSError:
        return False


def filter_calls(filtered: Sequence[Instruction]) -> None:
    """Filter the calls of this thread and of those that it starts, for good. OSError if the kernel refuses; the process must
    have given up new privileges before."""
    program = b"".join(struct.pack("=HBBI", *each) for each in filtered)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(filtered), ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(header, len(header))
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(held))


def instructions(pid: int, *, sockets: bool, programs: bool = False, serves: bool = False) -> list[Instruction]:
    """The filter of the process `pid`, as instructions of classic BPF. With `sockets` it may make internet sockets and connect
    them; without, it has only those that it was given. If it `serves`, it may take connections on a socket that it was given.
    With `programs` it may run programs, signal, and serve on sockets of its own too."""
    allowed, conditions = set(), {}
    for number, only_if in _listed():
        if not only_if:
            allowed.add(number)
        else:
            conditions[number] = _tests(only_if, pid, sockets=sockets, programs=programs, serves=serves)
    found = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, AUDIT_ARCHITECTURE[MACHINE]),
        _fail(errno.ENOSYS),
        (LOAD, 0, 0, NUMBER),
    ]
    for number, tests in conditions.items():
        block = _block(tests)
        found += [(EQUAL, 0, len(block), number), *block]
    found += [each for last, verdict in _ranges(allowed) for each in ((GREATER, 1, 0, last), verdict)]
    return [*found, _fail(errno.ENOSYS)]


def _listed() -> Iterator[tuple[int, str]]:
    """The number of each call of the list on this machine, and under which condition it is allowed."""
    head, *rows = Path(__file__).with_name("syscalls.tsv").read_text("utf-8").splitlines()
    column = head.split("\t").index(MACHINE)
    for row in rows:
        cells = row.split("\t")
        if cells[column]:
            yield int(cells[column]), cells[3]


def _tests(only_if: str, pid: int, *, sockets: bool, programs: bool, serves: bool) -> tuple[Test, ...] | int:
    """What the arguments must be, or the error with which the call always fails."""
    sent = Test(3, FAST_OPEN, (0,))
    if only_if in (may := {"network": sockets, "programs": programs, "server": serves or programs}):
        return () if may[only_if] else errno.EPERM
    if programs and only_if in ("thread", "own_process"):
        return (Test(0, NEW_NAMESPACES & ~SIGNAL, (0,)),) if only_if == "thread" else ()
    if only_if == "internet":
        internet = Test(0, ANY, (AF_INET, AF_INET6)), Test(1, SOCKET_TYPE, (SOCK_STREAM, SOCK_DGRAM))
        return internet if sockets else errno.EPERM
    if only_if == "absent":
        return errno.ENOSYS
    return {
        "thread": (Test(0, THREAD | NEW_NAMESPACES, (THREAD,)),),
        "own_process": (Test(0, ANY, (pid,)),),
        "own_or_zero": (Test(0, ANY, (0, pid)),),
        "this_process": (Test(0, ANY, (0,)), Test(1, ANY, (0, pid))),
        "private_memory": (Test(3, SHARED | ANONYMOUS, (0, SHARED, ANONYMOUS)), Test(3, GROWING, (0,))),
        "own_descriptor": (Test(1, ANY, DESCRIPTOR_IOCTLS),),
        "no_owner": (Test(1, ANY, FCNTL_COMMANDS),),
        "harmless_option": (Test(0, ANY, PRCTL_OPTIONS),),
        "stream_pair": (Test(0, ANY, (AF_UNIX,)), Test(1, SOCKET_TYPE, (SOCK_STREAM,))),
        "connected": (sent,) if sockets else (sent, Test(4, ANY, (0,)), Test(4, ANY, (0,), high=True)),
        "no_fast_open": (Test(2, FAST_OPEN, (0,)),),
        "no_fast_open_many": (sent,),
    }[only_if]


def _block(tests: tuple[Test, ...] | int) -> list[Instruction]:
    if isinstance(tests, int):
        return [_fail(tests)]
    found: list[Instruction] = []
    for test in tests:
        found.append((LOAD, 0, 0, 16 + 8 * test.argument + 4 * test.high))
        if test.mask != ANY:
            found.append((AND, 0, 0, test.mask))
        left = len(test.values)
        found += [(EQUAL, left - place, 0, value) for place, value in enumerate(test.values)]
        found.append(_fail(errno.EPERM))
    return [*found, (RETURN, 0, 0, ALLOW)]


def _ranges(allowed: set[int]) -> Iterator[tuple[int, Instruction]]:
    """The last call of each range with one verdict, up to `MAX_SYSCALL`, and the verdict."""
    for number in range(MAX_SYSCALL + 1):
        verdict = number in allowed
        if number == MAX_SYSCALL or ((number + 1) in allowed) != verdict:
            yield number, (RETURN, 0, 0, ALLOW) if verdict else _fail(errno.EPERM)


def _fail(code: int) -> Instruction:
    return RETURN, 0, 0, FAIL | code
