"""Runs the table of escapes in real plugin hosts, aimed at things that are made for it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2

from hub.contracts.connector import ConnectionReport
from hub.errors import PluginFailure
from hub.platform.loopback import loopback_listener
from hub.plugin_host.escapes.table import Attempt, Targets
from hub.plugin_host.host.messages import Begin, BeginStandIn, Origin
from hub.plugin_host.host.process import ChildProcess
from hub.plugin_host.network.reachable_hosts import ReachableHosts

HOOK_SECONDS = 120.0
MEMORY_MB = 512
ORIGIN = Origin(module="hub.plugin_host.escapes.hostile", name="Hostile")
PAGE = b"<page>secret of the hub</page>"
OTHER = "import time; print('secret of another'); time.sleep(600)"


@dataclass
class Aims:
    """The things that the escapes aim at, and what reached them from outside of the plugin host."""

    targets: Targets
    arrived: list[str] = field(default_factory=list)
    """Connections and datagrams that the decoys received."""
    _listeners: list[socket.socket] = field(default_factory=list)

    def changes(self) -> list[str]:
        """What is no longer as it was made."""
        folder = Path(self.targets.hub_folder)
        names = {each.name for each in folder.iterdir()}
        return [*self.arrived, *sorted(names ^ FILES), *sorted(_arrivals(self._listeners))]


FILES = {"secret.key", "ringfence.db", "page.xml", "page.txt", "package", "package.zip", "socket"}


def prove(*, audit_hook: bool, stand_in: bool = False) -> tuple[list[Attempt], list[str]]:
    """What came of each escape, at import and in a hook, or in a request to a stand-in, and what was seen from outside.
    PluginFailure if the plugin host could not be started."""
    notes: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
    with aims() as made, loopback_listener() as listener, tempfile.TemporaryDirectory(prefix="ringfence-kept-") as kept:
        listener.listen()
        begun = BeginStandIn(listener.fileno(), Path(kept)) if stand_in else None
        child = ChildProcess(
            lambda folder: _begin(folder, made.targets, begun, audit_hook=audit_hook),
            lambda _, note: notes.put(note),
            ReachableHosts("hostile"),
        )
        threads = [threading.Thread(target=each, daemon=True) for each in (child.read, _drain(child))]
        for thread in threads:
            thread.start()
        try:
            _await_start(notes)
            report = _requested(listener) if stand_in else _reported(child)
        finally:
            child.kill("everything was tried")
            for thread in threads:
                thread.join()
        return [Attempt(**each) for each in json.loads(report)], made.changes()


def _reported(child: ChildProcess) -> str:
    [report] = child.call("check_connection", "local", [{}], HOOK_SECONDS)
    if not isinstance(report, ConnectionReport):
        raise PluginFailure(f"the plugin host gave no report ({report}).")
    return report.detail


def _requested(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    try:
        return httpx2.get(f"http://{host}:{port}/", timeout=HOOK_SECONDS, trust_env=False).text
    except httpx2.HTTPError as error:
        raise PluginFailure(f"the plugin host gave no report ({type(error).__name__}).") from None


def _drain(child: ChildProcess) -> Callable[[], object]:
    assert child.process.stdout is not None
    return child.process.stdout.read


def _await_start(notes: queue.SimpleQueue[dict[str, object]]) -> None:
    """Wait until the plugin is imported; what it reports meanwhile is passed over."""
    note: dict[str, object] = {}
    with contextlib.suppress(queue.Empty):
        while "ready" not in note and "broken" not in note:
            note = notes.get(timeout=HOOK_SECONDS)
    if "ready" not in note:
        raise PluginFailure(f"the plugin host did not start ({note.get('broken', 'it did not answer')}).")


def _begin(folder: str, targets: Targets, stand_in: BeginStandIn | None, *, audit_hook: bool) -> Begin:
    aimed = {"audit_hook": audit_hook, "targets": asdict(targets)}
    Path(folder, "targets.json").write_text(json.dumps(aimed), encoding="utf-8")
    return Begin(
        connector="hostile",
        origin=ORIGIN,
        settings={},
        webhook_url="https://calls.example.com/",
        tls_only=False,
        memory_mb=MEMORY_MB,
        folder=folder,
        stand_in=stand_in,
    )


@contextlib.contextmanager
def aims() -> Iterator[Aims]:
    """A folder as a hub's, another connector's process, and servers on this machine."""
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringfence-aims-")))
        hub_folder, other_folder = place / "hub", place / "other"
        _make_files(hub_folder, other_folder)
        key = stack.enter_context(open(hub_folder / "secret.key", "rb"))
        os.set_inheritable(key.fileno(), True)
        arrived: list[str] = []
        listeners = _listeners(hub_folder, f"ringfence-{os.getpid()}-{place.name}", stack)
        server = stack.enter_context(_server(arrived))
        targets = Targets(
            hub_pid=os.getpid(),
            hub_folder=str(hub_folder),
            other_pid=stack.enter_context(_other()),
            other_folder=str(other_folder),
            tcp_port=server.server_port,
            udp_port=listeners[0].getsockname()[1],
            unix_address=str(hub_folder / "socket"),
            abstract_address=f"ringfence-{os.getpid()}-{place.name}",
            descriptor_inode=os.fstat(key.fileno()).st_ino,
        )
        yield Aims(targets, arrived, listeners)


def _make_files(hub_folder: Path, other_folder: Path) -> None:
    for folder in (hub_folder, other_folder, hub_folder / "package"):
        folder.mkdir(mode=0o700)
    (hub_folder / "secret.key").write_text("secret of the hub\n")
    (hub_folder / "page.xml").write_bytes(PAGE)
    (hub_folder / "page.txt").write_text("a page\n")
    (hub_folder / "package" / "code.py").write_text("NAME = 'code of the hub'\n")
    with zipfile.ZipFile(hub_folder / "package.zip", "w") as archive:
        archive.writestr("zipped_code.py", "NAME = 'code of the hub'\n")
    (other_folder / "note").write_text("secret of another\n")
    with contextlib.closing(sqlite3.connect(hub_folder / "ringfence.db")) as database:
        database.execute("CREATE TABLE account (name TEXT)")
        database.execute("INSERT INTO account VALUES ('Example Agency')")
        database.commit()


@contextlib.contextmanager
def _other() -> Iterator[int]:
    """A process that stands for the plugin host of another connector."""
    process = subprocess.Popen([sys.executable, "-S", "-c", OTHER], stdout=subprocess.PIPE)
    with process:
        try:
            yield process.pid
        finally:
            process.kill()


def _listeners(hub_folder: Path, abstract: str, stack: contextlib.ExitStack) -> list[socket.socket]:
    """Sockets to which nothing may be sent: UDP, and Unix with and without a file."""
    made = []
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(hub_folder / "socket")),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{abstract}"),
        (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{abstract}-datagram"),
    ):
        listener = stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        made.append(listener)
    return made


def _arrivals(listeners: list[socket.socket]) -> Iterator[str]:
    for listener in listeners:
        with contextlib.suppress(BlockingIOError):
            if listener.type == socket.SOCK_STREAM:
                listener.accept()[0].close()
                yield "a connection to a Unix socket"
            else:
                listener.recv(10)
                yield "a datagram"


@contextlib.contextmanager
def _server(arrived: list[str]) -> Iterator[ThreadingHTTPServer]:
    """A web server on this machine that no manifest declares; it notes each connection."""

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            arrived.append("a connection to an undeclared host")
            super().setup()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class EscapeResult:
    """What came of one escape in all its attempts."""

    area: str
    name: str
    tries: int
    succeeded: int
    absent: bool
    """Whether this machine lacks what the escape needs."""
    detail: str
    """What the plugin got at the worst: without the audit hook, it is the kernel's own error."""


@dataclass(frozen=True)
class Proof:
    """The whole table, tried in every way."""

    escapes: list[EscapeResult]
    seen_outside: list[str]
    """What reached or changed the things that the escapes aim at."""


def prove_all() -> Proof:
    """Try every escape at import, in a hook and in a request to a stand-in, with the audit hook and without it."""
    attempts: dict[tuple[str, str], list[Attempt]] = {}
    seen: list[str] = []
    for audit_hook, stand_in in itertools.product((True, False), repeat=2):
        found, outside = prove(audit_hook=audit_hook, stand_in=stand_in)
        seen += outside
        for each in found:
            attempts.setdefault((each.area, each.name), []).append(each)
    return Proof([_result(*key, tried) for key, tried in attempts.items()], seen)


def _result(area: str, name: str, tried: list[Attempt]) -> EscapeResult:
    succeeded = [each for each in tried if each.outcome == "succeeded"]
    absent = all(each.outcome == "absent" for each in tried)
    return EscapeResult(area, name, len(tried), len(succeeded), absent, (succeeded or tried)[-1].detail)
