"""Escapes to other processes: programs, signals, memory and descriptors."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import importlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from hub.plugin_host.escapes.native import libc, raw
from hub.plugin_host.escapes.table import Targets, escape

PROGRAM = [sys.executable, "-c", "pass"]
PTRACE_SEIZE = 0x4206
PR_SET_PDEATHSIG = 1


def _in_child(child: int) -> object:
    """End the child of a fork; in the parent, it is the evidence."""
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


@escape("run a command with os.system")
def _system(targets: Targets) -> object:
    return os.system("true") == 0


@escape("run a program with subprocess")
def _subprocess(targets: Targets) -> object:
    return subprocess.run(PROGRAM, check=True).returncode == 0


@escape("run a program with posix_spawn")
def _posix_spawn(targets: Targets) -> object:
    child = os.posix_spawn(PROGRAM[0], PROGRAM, {})
    os.waitpid(child, 0)
    return child


@escape("run a program with asyncio")
def _asyncio_program(targets: Targets) -> object:
    async def run() -> int:
        return await (await asyncio.create_subprocess_exec(*PROGRAM)).wait()

    return asyncio.run(run()) == 0


@escape("run a program with uvloop, which starts it itself")
def _uvloop_program(targets: Targets) -> object:
    async def run() -> int:
        return await (await asyncio.create_subprocess_exec(*PROGRAM)).wait()

    with asyncio.Runner(loop_factory=importlib.import_module("uvloop").new_event_loop) as runner:
        return runner.run(run()) == 0


@escape("run a command with cffi")
def _cffi_system(targets: Targets) -> object:
    ffi = importlib.import_module("cffi").FFI()
    ffi.cdef("int system(const char *command);")
    return ffi.dlopen(None).system(b"true") == 0


@escape("become another program with execv")
def _exec(targets: Targets) -> object:
    return _passes(lambda: os.execv("/nowhere", ["-"]))


@escape("become another program with execveat")
def _execveat(targets: Targets) -> object:
    return _passes(lambda: raw("execveat", -1, b"/nowhere\0", None, None, 0))


@escape("make a program in memory, outside the memory limit")
def _memory_file(targets: Targets) -> object:
    return raw("memfd_create", b"program\0", 0)


@escape("fork")
def _fork(targets: Targets) -> object:
    return _in_child(os.fork())


@escape("fork with a terminal")
def _forkpty(targets: Targets) -> object:
    return _in_child(os.forkpty()[0])


@escape("fork with the C library")
def _c_fork(targets: Targets) -> object:
    return _in_child(libc("fork"))


@escape("fork with the call clone")
def _clone(targets: Targets) -> object:
    return _in_child(raw("clone", signal.SIGCHLD, 0, 0, 0, 0))


@escape("fork with the call clone3")
def _clone3(targets: Targets) -> object:
    arguments = bytes(32) + int(signal.SIGCHLD).to_bytes(8, "little") + bytes(24)
    return _in_child(raw("clone3", arguments, len(arguments)))


@escape("start a process with multiprocessing")
def _multiprocessing(targets: Targets) -> object:
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()
    return process.pid


@escape("send the hub a signal with os.kill")
def _kill(targets: Targets) -> object:
    os.kill(targets.hub_pid, 0)
    return True


@escape("send the hub's group a signal")
def _kill_group(targets: Targets) -> object:
    os.killpg(os.getpgid(targets.hub_pid), 0)
    return True


@escape("send the hub a signal with a pidfd, which raises no audit event")
def _pidfd(targets: Targets) -> object:
    descriptor = os.pidfd_open(targets.hub_pid)
    signal.pidfd_send_signal(descriptor, 0)
    return descriptor


@escape("send the hub a signal with tgkill")
def _tgkill(targets: Targets) -> object:
    return raw("tgkill", targets.hub_pid, targets.hub_pid, 0) == 0


@escape("send the hub a signal with cffi")
def _cffi_kill(targets: Targets) -> object:
    ffi = importlib.import_module("cffi").FFI()
    ffi.cdef("int kill(int pid, int sig);")
    return ffi.dlopen(None).kill(targets.hub_pid, 0) == 0


@escape("send the hub a signal with a value")
def _sigqueue(targets: Targets) -> object:
    information = bytes(8) + (-1).to_bytes(4, "little", signed=True) + bytes(116)
    return raw("rt_sigqueueinfo", targets.hub_pid, 0, information) == 0


@escape("let the kernel signal the hub when a pipe is ready")
def _owner(targets: Targets) -> object:
    reading, _ = os.pipe()
    return fcntl.fcntl(reading, fcntl.F_SETOWN, targets.hub_pid) == 0


@escape("send another connector's host a signal")
def _kill_other(targets: Targets) -> object:
    os.kill(targets.other_pid, 0)
    return True


@escape("outlive the hub")
def _outlive(targets: Targets) -> object:
    return libc("prctl", PR_SET_PDEATHSIG, 0, 0, 0, 0) == 0


@escape("trace the hub")
def _ptrace(targets: Targets) -> object:
    return libc("ptrace", PTRACE_SEIZE, targets.hub_pid, None, None) == 0


@escape("read the hub's memory with process_vm_readv")
def _vm_read(targets: Targets) -> object:
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_size_t * 2)(4096, 8)
    # An address at which nothing is: that the kernel looks there is what the plugin must not have.
    return _passes(lambda: libc("process_vm_readv", targets.hub_pid, local, 1, remote, 1, 0), errno.EFAULT)


@escape("compare its memory with the hub's")
def _kcmp(targets: Targets) -> object:
    return raw("kcmp", os.getpid(), targets.hub_pid, 1, 0, 0) >= 0


@escape("take a descriptor of the hub")
def _take_descriptor(targets: Targets) -> object:
    return raw("pidfd_getfd", os.pidfd_open(targets.hub_pid), 0, 0)


@escape("read the hub's environment")
def _environment(targets: Targets) -> object:
    return Path(f"/proc/{targets.hub_pid}/environ").read_bytes()[:20]


@escape("open the hub's memory")
def _memory(targets: Targets) -> object:
    return os.open(f"/proc/{targets.hub_pid}/mem", os.O_RDWR)


@escape("read the addresses of the hub's memory")
def _maps(targets: Targets) -> object:
    return Path(f"/proc/{targets.hub_pid}/maps").read_text()[:20]


@escape("list the hub's descriptors")
def _descriptors(targets: Targets) -> object:
    return os.listdir(f"/proc/{targets.hub_pid}/fd")


@escape("read where the hub's descriptors lead")
def _descriptor(targets: Targets) -> object:
    return os.readlink(f"/proc/{targets.hub_pid}/fd/0")


@escape("learn the hub's folder from /proc, which raises no audit event")
def _folder(targets: Targets) -> object:
    return os.readlink(f"/proc/{targets.hub_pid}/cwd")


@escape("read the hub's command line")
def _command_line(targets: Targets) -> object:
    return Path(f"/proc/{targets.hub_pid}/cmdline").read_bytes()[:20]


@escape("list the processes of the machine")
def _processes(targets: Targets) -> object:
    return os.listdir("/proc")[:3]


@escape("read another connector's environment")
def _other_environment(targets: Targets) -> object:
    return Path(f"/proc/{targets.other_pid}/environ").read_bytes()[:20]


@escape("open another connector's pipe")
def _other_pipe(targets: Targets) -> object:
    return os.open(f"/proc/{targets.other_pid}/fd/1", os.O_RDONLY | os.O_NONBLOCK)


@escape("use a descriptor that the hub holds open")
def _inherited(targets: Targets) -> object:
    for descriptor in range(4_096):
        try:
            if os.fstat(descriptor).st_ino == targets.descriptor_inode:
                return descriptor
        except OSError:
            continue
    return None


@escape("hold the hub to one processor")
def _affinity(targets: Targets) -> object:
    os.sched_setaffinity(targets.hub_pid, os.sched_getaffinity(targets.hub_pid))
    return True


@escape("slow the hub down")
def _priority(targets: Targets) -> object:
    os.setpriority(os.PRIO_PROCESS, targets.hub_pid, os.getpriority(os.PRIO_PROCESS, targets.hub_pid))
    return True


@escape("change how the hub is scheduled")
def _scheduler(targets: Targets) -> object:
    os.sched_setscheduler(targets.hub_pid, os.SCHED_OTHER, os.sched_param(0))
    return True


@escape("change the hub's priority for the disk")
def _disk_priority(targets: Targets) -> object:
    return raw("ioprio_set", 1, targets.hub_pid, 2 << 13 | 4) == 0


@escape("change a limit of the hub")
def _limit(targets: Targets) -> object:
    return resource.prlimit(
        targets.hub_pid, resource.RLIMIT_NOFILE, resource.prlimit(targets.hub_pid, resource.RLIMIT_NOFILE)
    )


@escape("give up the hub's memory")
def _advise(targets: Targets) -> object:
    vector = (ctypes.c_size_t * 2)(4096, 4096)
    address = ctypes.cast(vector, ctypes.c_void_p).value
    descriptor = os.pidfd_open(targets.hub_pid)
    return _passes(lambda: raw("process_madvise", descriptor, address, 1, 21, 0), errno.ENOMEM)


def _passes(call: Callable[[], object], *passing: int) -> object:
    """Whether the kernel would have done it: it says that the thing is missing, not that it is forbidden."""
    try:
        return call()
    except OSError as error:
        if error.errno in (errno.ENOENT, *passing):
            return f"the kernel looked: {error}"
        raise
