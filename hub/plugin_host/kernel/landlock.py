"""Landlock: which files a process may read and write, no TCP, and no signals to others (landlock(7))."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from hub.plugin_host.kernel.libc import syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""The same numbers on every machine."""
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
REFER, TRUNCATE = 1 << 13, 1 << 14
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
"""Neither to execute, nor to make links, pipes, sockets and devices."""
KNOWN_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Version of Landlock → the rights about files that it knows; later versions know those of the fifth."""
BIND_AND_CONNECT_TCP = 3
"""From version 4."""
ABSTRACT_SOCKETS_AND_SIGNALS = 3
"""From version 6."""


def landlock_version() -> int:
    """The version of the kernel's Landlock; 0 if it has none, or if it is switched off."""
    try:
        return syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    except OSError:
        return 0


def restrict_files(
    readable: Iterable[Path], writable: Iterable[Path], *, tcp: bool, executable: Iterable[Path] = ()
) -> None:
    """Allow this thread, and those that it starts, nothing but to read below `readable`, to write below `writable` and to run
    what is below `executable`; paths that do not exist are left out. Without `tcp` no TCP socket can be bound or connected,
    from Linux 6.7.

    OSError if the kernel refuses. The process must have given up new privileges before.
    """
    version = landlock_version()
    known = KNOWN_RIGHTS[min(version, 5)]
    handled = [known]
    if version >= 4:
        handled.append(0 if tcp else BIND_AND_CONNECT_TCP)
    if version >= 6:
        handled.append(ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"={len(handled)}Q", *handled)
    ruleset = syscall(CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, READ & known)
        for path in executable:
            _allow(ruleset, path, (READ | EXECUTE) & known)
        for path in writable:
            _allow(ruleset, path, WRITE & known)
        syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= FILE_RIGHTS
        syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
