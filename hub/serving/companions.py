"""Processes beside the hub: started in sessions of their own, found again by their locks, started again when they die.

`hub.contracts.companions` says what such a process does. It goes on when the hub ends, so that what is under way in it goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.config.readers.folders import data_folder, listen_address
from hub.contracts.companions import CompanionProcess
from hub.errors import RingfenceError
from hub.hookspecs import OperationHooks
from hub.plugin_host.plugin_texts.plugin_log import log_of
from hub.runtime import Hub
from hub.store.companion_troubles import DEATHS, note_companion

log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.1
FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
"""Seconds until a process that died is started again: the wait doubles while it dies within `STABLE_SECONDS`."""
STABLE_SECONDS = 30.0
END_SECONDS = 5.0
"""How long Ctrl-C waits for an idle one to end; one with calls under way ends after them, without the hub."""
DEATHS_REPORTED = 3
"""As many in a row, each within `STABLE_SECONDS`, are a trouble that `/readyz`, the status page and the log name."""
MAX_LOG_BYTES = 5_000_000
LAST_BYTES, MAX_LAST_LINE = 4_000, 300
"""How much of the file is read for its last line, and how many characters of the line are shown."""
HUB_ADDRESS, TIME_ZONE = "RINGFENCE_HUB_ADDRESS", "RINGFENCE_TIME_ZONE"
"""The variable that says where this hub answers on this machine."""
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "PYDANTIC_DISABLE_PLUGINS", "LD_LIBRARY_PATH",
)  # fmt: skip
"""The variables that a companion gets: none of the hub's secrets."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock, and the version of the start text that it runs."""

    pid: int
    version: str


@dataclass
class _Known:
    """What is remembered of one companion."""

    process: CompanionProcess
    folder: Path
    child: subprocess.Popen[bytes] | None = None
    started_at: float = float("-inf")
    wait: float = FIRST_WAIT
    deaths: int = 0
    """In a row, each soon after its start."""
    noted: bool | None = None
    """Whether the database says that it ends again and again; None before it was looked at."""
    signaled: str = ""
    """The version of the settings for which it got a signal."""

    @property
    def lock_file(self) -> Path:
        """Where its lock is."""
        return self.folder / self.process.lock_file


@dataclass
class Companions:
    """A thread that keeps the companions of the current hub running."""

    current: Callable[[], Hub]
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, _Known] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _requested: Hub | None = None

    def start(self) -> None:
        """Begin to look after them."""
        self._thread = threading.Thread(target=self._watch, name="companions", daemon=True)
        self._thread.start()

    def stop(self, *, end_them: bool) -> None:
        """Look after them no more. With `end_them` each finishes what it does and ends; else they live on."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)
        if end_them:
            for known in self._known.values():
                signal_to(known.lock_file, signal.SIGTERM)
            until = self.monotonic() + END_SECONDS
            while self.monotonic() < until and any(holder(each.lock_file) for each in self._known.values()):
                time.sleep(0.05)

    def _watch(self) -> None:
        while not self._ending.is_set():
            with self.current().liveness.trying("companions", LOOK_SECONDS):
                self.look()
            self._ending.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Look once: start those that do not run, and signal those whose settings have changed."""
        hub = self.current()
        if hub is not self._requested:
            self._ask(hub)
        for known in list(self._known.values()):
            self._keep(known, hub)

    def _ask(self, hub: Hub) -> None:
        """Learn the companions of another configuration; those that it no longer has finish what they do, and end."""
        wanted = companions_of(hub)
        folder = working_folder(hub)
        for name in self._known.keys() - wanted.keys():
            signal_to(self._known.pop(name).lock_file, signal.SIGTERM)
        for name, process in wanted.items():
            before = self._known.get(name)
            if before is None or before.process.lock_file != process.lock_file:
                self._known[name] = _Known(process, folder)
            else:
                before.process = process
        self._requested = hub

    def _keep(self, known: _Known, hub: Hub) -> None:
        if known.child is not None and known.child.poll() is not None:
            log.error("a process beside the hub has ended", name=known.process.name, status=known.child.returncode)
            soon = self.monotonic() - known.started_at <= STABLE_SECONDS
            known.wait = min(2 * known.wait, LONGEST_WAIT) if soon else FIRST_WAIT
            known.deaths = known.deaths + 1 if soon else 0
            known.child = None
        held = holder(known.lock_file)
        if held is None:
            # One that an earlier hub started, and that died, is started again at once.
            if known.child is None and self.monotonic() - known.started_at >= known.wait:
                known.started_at = self.monotonic()
                known.child = spawn(known.process, known.folder, variables_of(hub, known.process.name))
                log.info("started a process beside the hub", name=known.process.name, pid=known.child.pid)
        elif held.version != known.process.version and known.signaled != known.process.version:
            known.signaled = known.process.version
            signal_to(known.lock_file, signal.SIGHUP)
            log.info("a process beside the hub takes its new settings at its next idle moment", name=known.process.name)
        if held is not None and self.monotonic() - known.started_at > STABLE_SECONDS:
            known.deaths = 0
        self._note(known, hub)

    def _note(self, known: _Known, hub: Hub) -> None:
        """Keep in the database that it ends again and again, with its last line, until it has lasted."""
        dying = known.deaths >= DEATHS_REPORTED
        if dying is known.noted or (0 < known.deaths < DEATHS_REPORTED) or hub.store.outage.since is not None:
            return
        name, detail = known.process.name, ""
        if dying:
            detail = f"Its process ended {known.deaths} times right after its start. {_last_line(known, hub)}"
            log.error("a process beside the hub ends again and again", name=name, detail=detail)
        with contextlib.suppress(SQLAlchemyError):
            note_companion(hub.store, name, detail, hub.clock(), DEATHS)
            known.noted = dying


def _last_line(known: _Known, hub: Hub) -> str:
    """The last line that it printed, as a sentence, without its secrets."""
    try:
        with known.lock_file.with_suffix(".log").open("rb") as printed:
            printed.seek(max(0, printed.seek(0, os.SEEK_END) - LAST_BYTES))
            lines = printed.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return "It wrote nothing."
    last = next((line for line in reversed(lines) if line.strip()), "").strip()
    clean = log_of(hub.plugins.connectors[known.process.name]).scrubber.text(last, MAX_LAST_LINE)
    return f"The last line that it wrote: {clean}" if clean else "It wrote nothing."


def companions_of(hub: Hub) -> dict[str, CompanionProcess]:
    """Connector → the process that `hub run` starts for it."""
    found = {}
    for name in hub.plugins.with_hook(OperationHooks.companion_process):
        process = companion_of(hub, name)
        if process is not None and process.automatic:
            found[name] = process
    return found


def companion_of(hub: Hub, name: str, number: int = 1) -> CompanionProcess | None:
    """The process of one connector with this number; None if it has none, or runs in its sandbox."""
    entry = hub.config.connectors.get(name)
    if entry is None or entry.in_sandbox or not hub.plugins.implements(name, OperationHooks.companion_process):
        return None
    try:
        return hub.plugins.call(name, OperationHooks.companion_process, number)
    except RingfenceError as error:
        log.error("a plugin does not name its process", connector=name, error=type(error).__name__)
        return None


def working_folder(hub: Hub) -> Path:
    """The folder in which companions work: where the hub keeps its data."""
    return (data_folder(hub.config.hub, hub.config.file) or Path()).absolute()


def address_here(hub: Hub) -> str:
    """Where the hub answers on this machine."""
    host, port = listen_address(hub.config.hub.listen)
    if host in ("", "0.0.0.0"):  # noqa: S104 - it is not listened on, but what stands for all addresses
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def variables_of(hub: Hub, name: str) -> dict[str, str]:
    """What a companion learns of its hub, as variables: where it answers, and the time zone of the first company with numbers
    of that connector."""
    mine = (each for each in hub.config.companies if any(one.carrier == name for one in each.trackers))
    return {HUB_ADDRESS: address_here(hub), TIME_ZONE: next((each.time_zone for each in mine), "UTC")}


def spawn(process: CompanionProcess, folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a companion in a session of its own; what it prints goes to a file beside its lock."""
    lock_file = folder / process.lock_file
    lock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    printed = lock_file.with_suffix(".log")
    with contextlib.suppress(OSError):
        if printed.stat().st_size > MAX_LOG_BYTES:
            printed.rename(printed.with_suffix(".log.1"))
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(variables)
    with os.fdopen(os.open(printed, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab") as log_file:
        child = subprocess.Popen(  # noqa: S603 - a plugin's own program, without a shell
            process.arguments,
            stdin=subprocess.PIPE,
            stdout=log_file,
            stderr=log_file,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(process.start.encode())
    return child


def holder(lock_file: Path) -> Holder | None:
    """Who holds a companion's lock; None if it does not run. The version is blank until it has written one."""
    try:
        opened = os.open(lock_file, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        try:
            written = json.loads(os.pread(opened, 1000, 0))
            return Holder(int(written["pid"]), str(written["version"]))
        except (ValueError, KeyError, TypeError):
            return Holder(0, "")
    else:
        return None
    finally:
        os.close(opened)


def signal_to(lock_file: Path, number: signal.Signals) -> bool:
    """Send a signal to the companion that holds a lock; whether there is one."""
    held = holder(lock_file)
    if held is None or not held.pid:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(held.pid, number)
    return True
