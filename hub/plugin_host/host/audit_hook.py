"""The audit hook of a plugin host: which files and processes a plugin may use (PEP 578).

It explains: a plugin that is refused something gets a sentence that names the rule. A plugin can undo it; what it cannot undo
is the kernel's confinement (`hub.plugin_host.kernel`).
"""

from __future__ import annotations

import _posixsubprocess
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
REFUSED = frozenset({
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.kill", "os.killpg",
    "subprocess.Popen", "pty.spawn", "resource.setrlimit", "resource.prlimit", "signal.pthread_kill", "socket.bind",
    "socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
    "ftplib.connect", "smtplib.connect", "telnetlib.Telnet.open", "sys.setprofile", "sys.settrace",
})  # fmt: skip
"""Never allowed: other processes, lifted limits, servers, connections that the hub did not open."""
CHANGES = {
    "os.chdir": (0,), "os.chflags": (0,), "os.chmod": (0,), "os.chown": (0,), "os.link": (0, 1), "os.listdir": (0,),
    "os.mkdir": (0,),    "os.remove": (0,), "os.rename": (0, 1), "os.rmdir": (0,), "os.scandir": (0,), "os.symlink": (0, 1),
    "os.truncate": (0,), "os.utime": (0,),
}  # fmt: skip
"""What is done to paths, and which arguments are the paths."""
LISTS = frozenset({"os.listdir", "os.scandir", "os.chdir"})
Report = Callable[[str], None]
"""Called with each action that was refused."""


class Policy:
    """What one plugin may do. `report` is called with each refusal."""

    def __init__(self, readable: Sequence[Path], folders: Sequence[Path], report: Report, *, native: bool) -> None:
        self._readable = tuple(os.path.realpath(each) for each in readable)
        self._folders = tuple(os.path.realpath(each) for each in folders)
        self._report = report
        self._native = native

    def install(self) -> None:
        """From now on everything is checked; it cannot be taken back."""

        def fork_exec(*args: object) -> Any:
            self._refuse("subprocess.Popen")

        # Python reports no event for it.
        _posixsubprocess.fork_exec = fork_exec
        sys.addaudithook(self.check)

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise PermissionError if an event is not allowed."""
        if event == "open":
            self._open(*arguments)
        elif event in REFUSED:
            self._refuse(event)
        elif event in CHANGES:
            for position in CHANGES[event]:
                self._path(event, arguments[position], writes=event not in LISTS)
        elif event == "sqlite3.connect":
            if arguments[0] != ":memory:":
                self._path(event, arguments[0], writes=True)
        elif event.startswith("ctypes.") and not self._native:
            self._refuse(event)
        elif event == "import" and arguments[1] is not None and self._is_own(os.path.realpath(arguments[1])):
            self._refuse("import of native code that it wrote itself")

    def _open(self, path: object, mode: object, flags: object) -> None:
        writes = bool(flags & WRITES) if isinstance(flags, int) else any(letter in str(mode) for letter in "wax+")
        self._path("open", path, writes=writes)

    def _path(self, event: str, path: Any, *, writes: bool) -> None:
        if path is None or isinstance(path, int):
            return
        place = os.path.realpath(os.fsdecode(path))
        if self._is_own(place) or (not writes and any(_is_within(place, each) for each in self._readable)):
            return
        if place == os.devnull:
            return
        self._refuse(f"{event} {place}")

    def _is_own(self, place: str) -> bool:
        return any(_is_within(place, each) for each in self._folders)

    def _refuse(self, action: str) -> None:
        self._report(action)
        raise PermissionError(f"a plugin may not do this: {action}")


def _is_within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip("/") + "/")
