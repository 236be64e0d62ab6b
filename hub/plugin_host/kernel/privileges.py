"""Gives up a process's privileges, and closes the hub's process to the processes that it starts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import socket
import struct
import sys
from pathlib import Path

from hub.plugin_host.kernel.libc import MACHINE, is_supported, prctl, syscall

PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITY_VERSION_3 = 0x20080522
MAX_CAPABILITIES = 64


def give_up_privileges() -> None:
    """Drop every capability, for root too, and refuse to gain any by executing a program. OSError if the kernel refuses."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(MAX_CAPABILITIES):
        # Without CAP_SETPCAP, or above the kernel's last capability, there is nothing to drop.
        with contextlib.suppress(OSError):
            prctl(PR_CAPBSET_DROP, capability)
    with contextlib.suppress(OSError):  # before Linux 4.3
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    syscall(CAPSET[MACHINE], struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24))


def close_to_other_processes() -> None:
    """Write no core file, and let no process of the same user read this one's memory, environment or descriptors in /proc.
    On another system than Linux only the core file is prevented."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            prctl(PR_SET_DUMPABLE, 0)


UNSHARE = {"x86_64": 272, "aarch64": 97}
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def enter_private_network() -> bool:
    """Leave the machine's network for one that has only a loopback, for good; False if the kernel refuses. The process must
    have no other threads. As another user than root it becomes alone in a user namespace, which some systems forbid."""
    if not is_supported():
        return False
    user, group = os.getuid(), os.getgid()
    try:
        syscall(UNSHARE[MACHINE], CLONE_NEWNET | (CLONE_NEWUSER if user else 0))
    except OSError:
        return False
    if user:
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    return True
