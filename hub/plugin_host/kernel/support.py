"""Whether this machine's kernel can confine plugins; the one place that decides what the hub says about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hub.plugin_host.kernel import seccomp
from hub.plugin_host.kernel.landlock import landlock_version, restrict_files
from hub.plugin_host.kernel.libc import is_supported
from hub.plugin_host.kernel.privileges import give_up_privileges


def missing_confinement() -> str | None:
    """Why plugins cannot be confined here, in one sentence with its consequence; None if the kernel can do it."""
    if not is_supported():
        return _consequence("The kernel confines plugins on 64-bit Linux only (x86_64, aarch64)")
    return missing_of(landlock_version(), filters=seccomp.is_available())


def missing_of(landlock: int, *, filters: bool) -> str | None:
    """The same of a kernel with a version of Landlock (0: none) that can filter system calls or not."""
    if not landlock:
        return _consequence(
            "This kernel has no Landlock, or forbids it (Linux 5.13 or later with landlock in its lsm= list is needed)"
        )
    return None if filters else _consequence("This kernel cannot filter system calls (seccomp)")


def _consequence(why: str) -> str:
    return f"{why}, so a plugin that is not built in can do here what the hub's user can."


def confine_process(
    readable: Sequence[Path],
    writable: Sequence[Path],
    *,
    sockets: bool,
    programs: Sequence[Path] = (),
    serves: bool = False,
) -> None:
    """Give up this process's rights for good, as far as the kernel can; it must have no other threads yet. `sockets`: it may
    make internet sockets. `programs`: what it may run; then it may also serve, and signal the processes that it starts.
    `serves`: it may take connections on a socket that it was given.

    OSError or RuntimeError if a kernel that can confine it refuses to: then nothing may be imported.
    """
    if not is_supported():
        return
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("a process with several threads cannot be confined")
    filtered = seccomp.instructions(os.getpid(), sockets=sockets, programs=bool(programs), serves=serves)
    give_up_privileges()
    if landlock_version():
        restrict_files(readable, writable, tcp=sockets, executable=programs)
    if seccomp.is_available():
        seccomp.filter_calls(filtered)
