"""A network of a process's own, in which there is only this machine's loopback."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from pathlib import Path

from hub.plugin_host.kernel.libc import MACHINE, is_supported, syscall

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
