"""The plugin host's own process: it limits itself, imports one plugin, and answers the hub's calls over a socket.

Started as `python -m hub.plugin_host.host.child DESCRIPTOR HUB_PID`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from concurrent.futures import Future
from multiprocessing.connection import Connection
from typing import Any

from hub.contracts.connector import Connector
from hub.hookspecs import SPECS
from hub.plugin_host.hook_manager import HookManager
from hub.plugin_host.host.confinement import confine
from hub.plugin_host.host.limits import limit_process
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import TRANSFORM, Answer, Begin, Call, error_as_data, error_from_data
from hub.plugin_host.host.services import child_services
from hub.plugin_host.host.wire import CannotPass, encode
from hub.plugin_host.partial_settings import partial_model
from hub.plugin_host.thread_pool import DaemonThreadPool

LANE_THREADS = 4
"""As many as the hub calls at once in each lane."""
MAX_WAITING_NOTES = 1_000


class Host:
    """One connector in this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._asked: dict[int, Future[object]] = {}
        self._next = 0
        self._pools: dict[str, DaemonThreadPool] = {}
        self._notes: deque[tuple[object, ...]] = deque(maxlen=MAX_WAITING_NOTES)
        self._noted, self._sending_notes = threading.Event(), threading.Lock()
        self._name = ""

    def run(self, hub_pid: int) -> None:
        """Begin, then serve until the hub closes the pipe."""
        begin = self._connection.recv()
        self._name = begin.connector
        limit_process(begin.memory_mb, hub_pid)
        confine(begin.origin, begin.hosts, begin.folder, self.tell, sockets=True)
        # What the kernel refuses holds for the threads that are started afterwards.
        threading.Thread(target=self._send_notes, daemon=True).start()
        threading.Thread(target=self._begin, args=(begin,), daemon=True).start()
        while True:
            message = self._connection.recv()
            if isinstance(message, Answer):
                self._answered(message)
            else:
                self._submit(message)

    def tell(self, *note: object) -> None:
        """Send something that nobody waits for: a log line, a refusal. The oldest is dropped if too many wait."""
        self._notes.append(note)
        self._noted.set()

    def ask(self, what: str, *arguments: object) -> Any:
        """Ask the hub for something and wait for the answer."""
        future: Future[object] = Future()
        with self._sending:
            self._next += 1
            number = self._next
        self._asked[number] = future
        self._send({"ask": number, "what": what, "arguments": list(arguments)})
        return future.result()

    def _begin(self, begin: Begin) -> None:
        """Import the plugin and make its connector; in a thread, so that the hub's answers are read meanwhile."""
        try:
            connector = make_connector(begin, self)
            manager = HookManager()
            manager.register(connector)
            manager.check_pending()
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            text = " ".join(str(error).split())[:500]
            self._send({"broken": f"{type(error).__name__}: {text}"})
            return
        self._connector, self._hooks = connector, manager.hook
        self._send({"ready": os.getpid()})

    def _submit(self, call: Call) -> None:
        if call.lane not in self._pools:
            self._pools[call.lane] = DaemonThreadPool(call.lane, LANE_THREADS)
        self._pools[call.lane].submit(Future(), lambda: self._serve(call))

    def _serve(self, call: Call) -> None:
        try:
            frame = encode({"reply": call.id, "value": self._call(call)})
        except CannotPass as error:
            frame = encode({"reply": call.id, "error": "PluginFailure", "text": self._wrong(call, str(error))})
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            frame = encode({"reply": call.id, **error_as_data(error)})
        self._flush_notes()
        self._send_frame(frame)

    def _wrong(self, call: Call, why: str) -> str:
        return f"connector {self._name!r} gave a wrong value in {call.what} ({why}); report it to the plugin's author."

    def _call(self, call: Call) -> Any:
        if call.what in SPECS:
            results = getattr(self._hooks, call.what)(**call.arguments)
            return results[0] if results else None
        if call.what == TRANSFORM:
            return transformed(self._connector, **call.arguments)
        return getattr(self._connector, call.what)(**call.arguments)

    def _answered(self, answer: Answer) -> None:
        future = self._asked.pop(answer.id)
        if answer.error is not None:
            future.set_exception(error_from_data(self._name, "its services", answer.error))
        else:
            future.set_result(answer.value)

    def _send_notes(self) -> None:
        while True:
            self._noted.wait()
            self._noted.clear()
            self._flush_notes()

    def _flush_notes(self) -> None:
        """Send the notes that wait; what a call noted is sent before its reply."""
        with self._sending_notes:
            while self._notes:
                self._send({"note": list(self._notes.popleft())})

    def _send(self, message: dict[str, object]) -> None:
        try:
            frame = encode(message)
        except CannotPass:
            frame = encode({"note": ["log", "warning", "a value could not be passed to the hub", {}]})
        self._send_frame(frame)

    def _send_frame(self, frame: bytes) -> None:
        with self._sending:
            self._connection.send_bytes(frame)


def transformed(connector: Connector, name: str, text: str) -> str | None:
    """A text after one of the plugin's own transforms."""
    shares = [share for flow in connector.manifest.flows for share in flow.shares]
    return next(each.transform for each in shares if each.transform_name == name and callable(each.transform))(text)


def make_connector(begin: Begin, host: Host) -> Connector:
    """Import the plugin and make the connector. Settings that are incomplete, as before a sign-in, have None for what is
    missing."""
    loaded = load_class(begin.origin)
    model = loaded.Settings if begin.complete else partial_model(loaded.Settings)
    settings = model.model_validate(begin.settings)
    connector: Connector = loaded(begin.connector, settings, child_services(begin, host.ask, host.tell))
    return connector


def main() -> None:
    """Serve the hub until it closes the pipe; then end at once, whatever the plugin's threads do."""
    descriptor, hub_pid = int(sys.argv[1]), int(sys.argv[2])
    try:
        Host(Connection(descriptor)).run(hub_pid)
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
