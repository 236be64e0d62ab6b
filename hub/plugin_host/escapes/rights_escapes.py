"""Escapes to more rights: privileges, the kernel's rare doors, memory beyond the limit."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import socket
from multiprocessing import shared_memory

from hub.plugin_host.escapes.native import libc, raw
from hub.plugin_host.escapes.table import NotHere, Targets, escape
from hub.plugin_host.kernel.libc import MACHINE, syscall

CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET = 0x10000000, 0x20000, 0x40000000
MS_BIND, MNT_DETACH = 4096, 2
X32 = 0x40000000
MAP_GROWSDOWN = 0x100
NOBODY = 65534
MEGABYTES_600 = 600_000_000
"""More than the memory limit of a plugin host."""


@escape("become another user")
def _setuid(targets: Targets) -> object:
    os.setresuid(NOBODY, NOBODY, NOBODY)
    return os.getuid()


@escape("become another group")
def _setgid(targets: Targets) -> object:
    os.setresgid(NOBODY, NOBODY, NOBODY)
    return os.getgid()


@escape("leave the groups of the user")
def _setgroups(targets: Targets) -> object:
    os.setgroups([])
    return True


@escape("change its root folder")
def _chroot(targets: Targets) -> object:
    os.chroot(".")
    return True


@escape("mount a file system")
def _mount(targets: Targets) -> object:
    place = targets.other_folder.encode()
    libc("mount", place, place, None, MS_BIND, None)
    libc("umount2", place, MNT_DETACH)
    return True


@escape("enter a user namespace, in which it is root")
def _user_namespace(targets: Targets) -> object:
    return libc("unshare", CLONE_NEWUSER) == 0


@escape("enter a namespace of mounts")
def _mount_namespace(targets: Targets) -> object:
    return libc("unshare", CLONE_NEWNS) == 0


@escape("enter the network namespace of the hub")
def _hub_namespace(targets: Targets) -> object:
    return libc("setns", os.open(f"/proc/{targets.hub_pid}/ns/net", os.O_RDONLY), CLONE_NEWNET) == 0


@escape("name the machine")
def _host_name(targets: Targets) -> object:
    socket.sethostname(socket.gethostname())
    return True


@escape("make a device of the disk's kind")
def _device(targets: Targets) -> object:
    os.mknod("disk", 0o600 | 0o020000, os.makedev(1, 5))
    return True


@escape("store a key in the kernel")
def _add_key(targets: Targets) -> object:
    return raw("add_key", b"user\0", b"ringfence\0", b"x", 1, -3)


@escape("read the keys that the kernel keeps")
def _keyctl(targets: Targets) -> object:
    return raw("keyctl", 0, -3, 1)


@escape("load a program into the kernel")
def _bpf(targets: Targets) -> object:
    return raw(
        "bpf",
        0,
        (2).to_bytes(4, "little") + (4).to_bytes(4, "little") * 2 + (1).to_bytes(4, "little") + bytes(100),
        116,
    )


@escape("watch the machine with perf events")
def _perf(targets: Targets) -> object:
    attributes = (1).to_bytes(4, "little") + (120).to_bytes(4, "little") + bytes(112)
    return raw("perf_event_open", attributes, 0, -1, -1, 0)


@escape("handle page faults of the kernel")
def _userfaultfd(targets: Targets) -> object:
    return raw("userfaultfd", 0)


@escape("make system calls with io_uring, which no filter sees")
def _io_uring(targets: Targets) -> object:
    return raw("io_uring_setup", 4, bytes(120))


@escape("watch every file with fanotify")
def _fanotify(targets: Targets) -> object:
    return raw("fanotify_init", 0, 0)


@escape("read the kernel's log")
def _kernel_log(targets: Targets) -> object:
    return raw("syslog", 10, None, 0) >= 0


@escape("change how its programs are run")
def _personality(targets: Targets) -> object:
    return raw("personality", 0x0040000) >= 0


@escape("make a system call of the x32 kind")
def _x32(targets: Targets) -> object:
    if MACHINE != "x86_64":
        raise NotHere("x32")
    return syscall(X32 + 39) > 0


@escape("share memory with other processes")
def _shared_memory(targets: Targets) -> object:
    memory = shared_memory.SharedMemory(create=True, size=4096)
    memory.close()
    memory.unlink()
    return True


@escape("share memory by System V")
def _shmget(targets: Targets) -> object:
    return raw("shmget", 0, 4096, 0o600 | 0o1000)


@escape("pass messages by System V")
def _msgget(targets: Targets) -> object:
    return raw("msgget", 0, 0o600 | 0o1000)


@escape("share semaphores by System V")
def _semget(targets: Targets) -> object:
    return raw("semget", 0, 1, 0o600 | 0o1000)


@escape("pass messages by a queue of the machine")
def _mq_open(targets: Targets) -> object:
    return raw("mq_open", b"ringfence\0", os.O_RDWR | os.O_CREAT, 0o600, None)


@escape("use memory beyond its limit: private")
def _private_memory(targets: Targets) -> object:
    return len(bytearray(MEGABYTES_600))


@escape("use memory beyond its limit: shared")
def _anonymous_memory(targets: Targets) -> object:
    return len(mmap.mmap(-1, MEGABYTES_600))


@escape("use memory beyond its limit: growing like a stack")
def _growing_memory(targets: Targets) -> object:
    return len(mmap.mmap(-1, MEGABYTES_600, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_GROWSDOWN))


@escape("raise the limit of its stack, which no other limit counts")
def _raise_stack(targets: Targets) -> object:
    resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True


@escape("raise its memory limit")
def _raise_limit(targets: Targets) -> object:
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return soft, hard


@escape("write a file beyond its limit")
def _large_file(targets: Targets) -> object:
    descriptor = os.open("large", os.O_WRONLY | os.O_CREAT)
    try:
        os.posix_fallocate(descriptor, 0, 65_000_000)
    finally:
        os.unlink("large")
    return True


@escape("open more files than its limit")
def _many_files(targets: Targets) -> object:
    opened = []
    try:
        for _ in range(300):
            opened.append(os.dup(0))
    finally:
        for each in opened:
            os.close(each)
    return len(opened)


@escape("take its capabilities back")
def _capabilities(targets: Targets) -> object:
    header, data = (ctypes.c_uint * 2)(0x20080522, 0), (ctypes.c_uint * 6)(*[0xFFFFFFFF] * 6)
    libc("capget", header, data)
    return True if data[0] else None
