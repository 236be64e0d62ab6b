"""Whether this machine's kernel can confine plugins; the one place that decides what the hub says about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hub.plugin_host.kernel import seccomp
from hub.plugin_host.kernel.landlock import landlock_version, restrict_files
from hub.plugin_host.kernel.libc import is_supported
from hub.plugin_host.kernel.privileges import give_up_privileges


@cache
def missing_confinement() -> str | None:
    """Why plugins cannot be confined here, in one sentence with its consequence; None if the kernel can do it."""
    if not is_supported():
        why = "plugins are confined by the kernel only on 64-bit Linux (x86_64, aarch64)"
    elif not landlock_version():
        why = (
            "this kernel has no Landlock, or forbids it (Linux 5.13 or later with landlock in its lsm= list is needed)"
        )
    elif not seccomp.is_available():
        why = "this kernel cannot filter system calls (seccomp)"
    else:
        return None
    return f"{why[0].upper()}{why[1:]}, so a plugin that is not built in can do here what the hub's user can."


def confine_process(readable: Sequence[Path], writable: Sequence[Path], *, sockets: bool) -> None:
    """Give up this process's rights for good, as far as the kernel can; it must have no other threads yet.

    OSError or RuntimeError if a kernel that can confine it refuses to: then nothing may be imported.
    """
    if not is_supported():
        return
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("a process with several threads cannot be confined")
    filtered = seccomp.instructions(os.getpid(), sockets=sockets)
    give_up_privileges()
    if landlock_version():
        restrict_files(readable, writable, tcp=sockets)
    if seccomp.is_available():
        seccomp.filter_calls(filtered)
