"""What a plugin tries in a suite although a hub refuses it: hosts, files, programs.

A hub counts each as a violation of the manifest, and so does a suite, whatever the plugin makes of the refusal.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import inspect
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import ref

from hub.contracts.addresses import is_loopback
from hub.contracts.connector import Connector
from hub.plugin_host.host.audit_hook import Policy
from hub.plugin_host.host.confinement import files_of
from hub.plugin_host.host.messages import Origin

PLANTED = frozenset({"169.254.169.254", "elsewhere.example.com", "files.example.com", "files.example.net"})
"""Hosts to which the suites try to lead a plugin; a refusal of them is not the plugin's mistake."""
OWN_PACKAGES = ("hub.", "plugins.")
"""What came with the hub runs in its process, with the rights of the hub."""
NAMES = ("socket.getaddrinfo", "socket.gethostbyname")
ADDRESSES = ("socket.connect", "socket.sendto")
TRACED_CALLS = 20
"""Of each hook so many calls are looked at for what the kernel refuses: it makes a call slower."""
_noted: list[str] = []
_here = threading.local()
_entered: list[Watch] = []
"""Those of all threads on which a plugin's code runs now."""
_started: dict[ref[threading.Thread], Watch] = {}


def note(action: str) -> None:
    """Note what a plugin tried, as what follows `it tried to`."""
    _noted.append(action)


def note_host(host: str) -> None:
    """Note a host that a plugin tried to call although its manifest does not declare it."""
    if host.partition(":")[0] not in PLANTED:
        note(f"call {host}, which its manifest does not declare")


def take_refused() -> list[str]:
    """What was noted since the last time."""
    found = sorted(set(_noted))
    _noted.clear()
    return found


class Watch:
    """Refuses the code of one plugin what the audit hook of a plugin host refuses, and notes that, and what the kernel
    refuses it. `file` is the plugin's module; it may call the hosts that match `declared`."""

    def __init__(self, module: str, file: Path, declared: Sequence[str] = ()) -> None:
        own = file.parent if file.name == "__init__.py" else file
        self._code, self._declared, self._seen = str(own), declared, BaseException()
        self._calls: Counter[str] = Counter()
        _own_temporary_folder()
        self._readable = [*files_of(Origin(module=module, file=file)), own, *map(Path, sys.path)]
        self._policies: dict[str, Policy] = {}

    @contextlib.contextmanager
    def on_this_thread(self, what: str) -> Iterator[None]:
        """Watch this thread, and those that it starts, until the end of the block, in which `what` is called."""
        _listen()
        self._calls[what] += 1
        # A debugger or a measurement of coverage goes first.
        traces = self._calls[what] <= TRACED_CALLS and sys.gettrace() is None
        if traces:
            sys.settrace(self._enter)
        _here.watch = self
        _entered.append(self)
        try:
            yield
        finally:
            _entered.remove(self)
            _here.watch = None
            if traces:
                sys.settrace(None)

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise PermissionError if a plugin host would refuse an event."""
        if event in NAMES:
            self._check_host(arguments[0])
        elif event in ADDRESSES:
            self._check_host(arguments[1][0] if isinstance(arguments[1], tuple) else "localhost")
        elif event != "open" or "__pycache__" not in str(arguments[0]):  # a plugin host writes no bytecode
            self._policy(tempfile.gettempdir()).check(event, arguments)

    def _policy(self, folder: str) -> Policy:
        """What is allowed to a plugin that may write into one folder."""
        if folder not in self._policies:
            # No file may be opened while the policy is made: that would ask for it again.
            _here.watch, watch = None, getattr(_here, "watch", None)
            refused = Policy(self._readable, [Path(folder)], _note_refused, native=False)
            self._policies[folder], _here.watch = refused, watch
        return self._policies[folder]

    def _check_host(self, host: object) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
        if not is_loopback(name) and not any(fnmatch(name.lower(), pattern) for pattern in self._declared):
            note_host(name)
            raise PermissionError(f"a plugin may not do this: call {name}")

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self._code):
            return None
        frame.f_trace_lines = False
        return self._raised

    def _raised(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Note what the kernel refuses without an event of Python: it comes as an error into the plugin's code."""
        if event == "exception" and argument[1] is not self._seen and _is_refusal(argument[1]):
            self._seen = argument[1]
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            note(f"do what the kernel refuses a plugin, at {place}")
        return self._raised


@cache
def _own_temporary_folder() -> None:
    """From now on temporary files of this process are in a folder made for it: the machine's belongs to others too, and a
    plugin's process may write only into its own."""
    folder = tempfile.mkdtemp(prefix="ringfence-suite-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tempfile.tempdir = folder


def _note_refused(action: str) -> None:
    note(f"do what a hub refuses: {action}")


def _is_refusal(error: object) -> bool:
    return (
        getattr(error, "errno", None) in (errno.EPERM, errno.EACCES)
        or getattr(error, "sqlite_errorname", "") == "SQLITE_CANTOPEN"
    )


def watched_import(module: str, file: str, load: Callable[[], object]) -> list[str]:
    """Import a plugin with `load`; what it tried meanwhile."""
    with (
        contextlib.nullcontext()
        if module.startswith(OWN_PACKAGES)
        else Watch(module, Path(file)).on_this_thread("import")
    ):
        load()
    return take_refused()


def watch_of(connector_class: type[Connector]) -> Watch | None:
    """The watch of a plugin's hooks; None for one that came with the hub."""
    module = connector_class.__module__
    if module.startswith(OWN_PACKAGES):
        return None
    return _watch(module, inspect.getfile(connector_class), connector_class.manifest.hosts)


@cache
def _watch(module: str, file: str, declared: tuple[str, ...]) -> Watch:
    return Watch(module, Path(file), declared)


@cache
def _listen() -> None:
    """Check the events of this process from now on; Python takes back no audit hook."""
    start = threading.Thread.start

    def start_watched(thread: threading.Thread) -> None:
        if (watch := getattr(_here, "watch", None)) is not None:
            _started[ref(thread, lambda gone: _started.pop(gone, None))] = watch
        start(thread)

    patched: Any = threading.Thread
    patched.start = start_watched
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _entered and not _started:  # most of the time; even `id` of any object is an event
        return
    watch = getattr(_here, "watch", None)
    if watch is None and _started:
        watch = _started.get(ref(threading.current_thread()))
    if watch is not None:
        watch.check(event, arguments)
