"""The plugin host's own process: it limits itself, imports one plugin, and answers the hub's calls over a socket.

Started as `python -m hub.plugin_host.host.child HUB_PID NETWORK CONTROL CALLS…`: the descriptors of its sockets. One
thread serves each socket on which calls come.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import sys
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.webhooks import WebhookRequest
from hub.errors import PluginFailure
from hub.hookspecs import SPECS, CallHooks
from hub.plugin_host.hook_manager import HookManager
from hub.plugin_host.host.confinement import confine
from hub.plugin_host.host.limits import limit_process
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import (
    MAX_SENTENCE,
    OF_STAND_IN,
    TRANSFORM,
    Answer,
    Begin,
    Call,
    error_as_data,
    error_from_data,
)
from hub.plugin_host.host.services import child_services
from hub.plugin_host.host.wire import FILES, MESSAGES, WEBHOOKS, CannotPass, FrameSocket, encode, limit_of
from hub.plugin_host.partial_settings import partial_model
from hub.plugin_host.stand_ins.served import ServedStandIn
from hub.plugin_host.vendor_exchanges.wire_tap import Heard, listening

MAX_WAITING_NOTES = 1_000
PREPARE_SECONDS = 1.0
"""A plugin whose check of an empty webhook takes longer is called all the same."""
SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps others waiting: a slow hook must not hold up the answer to a ringing call."""


class Host:
    """One connector in this process."""

    def __init__(self, control: FrameSocket, calls: Sequence[FrameSocket]) -> None:
        self._control, self._calls = control, calls
        self._sending = threading.Lock()
        self._asked: dict[int, Future[object]] = {}
        self._next = 0
        self._notes: deque[tuple[object, ...]] = deque(maxlen=MAX_WAITING_NOTES)
        self._noted, self._sending_notes, self._sent_notes = threading.Event(), threading.Lock(), 0
        self._name = ""

    def run(self, hub_pid: int, network: socket.socket) -> None:
        """Begin, then serve until the hub closes the pipe."""
        begin = pickle.loads(self._control.receive(FILES))  # noqa: S301 - the hub sent it
        self._name = begin.connector
        limit_process(begin.memory_mb, hub_pid)
        self._asks = WEBHOOKS if begin.stand_in else MESSAGES
        confine(begin.origin, begin.folder, self.tell, network, begin.stand_in and begin.stand_in.folder)
        # What the kernel refuses holds for the threads that are started afterwards.
        threading.Thread(target=self._send_notes, daemon=True).start()
        threading.Thread(target=self._begin, args=(begin,), daemon=True).start()
        while True:
            self._answered(pickle.loads(self._control.receive(FILES)))  # noqa: S301 - the hub sent it

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
        try:
            frame = encode({"ask": number, "what": what, "arguments": list(arguments)}, self._asks)
        except CannotPass as error:
            raise PluginFailure(f"a value for {what} cannot be passed to the hub ({error})") from None
        self._asked[number] = future
        self._send_frame(frame)
        return future.result()

    def _begin(self, begin: Begin) -> None:
        """Import the plugin and make its connector; in a thread, so that the hub's answers are read meanwhile."""
        try:
            self._make(begin)
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            text = " ".join(str(error).split())[:MAX_SENTENCE]
            self._send({"broken": f"{type(error).__name__}: {text}"})
            return
        sys.setswitchinterval(SWITCH_SECONDS)
        for end in self._calls:
            threading.Thread(target=self._serve, args=(end,), daemon=True).start()
        self._send({"ready": os.getpid()})

    def _make(self, begin: Begin) -> None:
        if begin.stand_in is not None:
            self._stand_in = ServedStandIn(begin, begin.stand_in, self.ask)
            return
        self._connector, manager = make_connector(begin, self), HookManager()
        manager.register(self._connector)
        manager.check_pending()
        self._hooks = manager.hook
        prepared = threading.Thread(target=self._prepare, daemon=True)
        prepared.start()
        prepared.join(PREPARE_SECONDS)

    def _prepare(self) -> None:
        """Have the plugin refuse an empty webhook, so that what it loads for the first one is loaded before a call rings."""
        self._reply(CallHooks.verify_webhook.__name__, {"request": WebhookRequest("POST", "", b"", datetime.now(UTC))})

    def _serve(self, end: FrameSocket) -> None:
        """Answer the calls of one socket, one after the other."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                call: Call = pickle.loads(end.receive(FILES))  # noqa: S301 - the hub sent it
                for arguments in call.items:
                    end.send(
                        self._heard_reply(call.what, arguments) if call.heard else self._reply(call.what, arguments)
                    )
                del call, arguments  # personal data, which is not kept until the next call

    def _heard_reply(self, what: str, arguments: dict[str, Any]) -> bytes:
        """The reply, which also has what was sent and received; without it if it is too large."""
        with listening() as heard:
            return self._reply(what, arguments, heard)

    def _reply(self, what: str, arguments: dict[str, Any], heard: Heard | None = None) -> bytes:
        try:
            reply: dict[str, object] = {"value": self._call(what, arguments)}
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            reply = error_as_data(error)
        self._flush_notes()
        if heard is not None:
            with contextlib.suppress(CannotPass):
                return encode({**reply, "notes": self._sent_notes, "heard": heard.as_data()}, limit_of(what))
        try:
            return encode({**reply, "notes": self._sent_notes}, limit_of(what))
        except CannotPass as error:
            wrong: dict[str, object] = {"error": "PluginFailure", "text": self._wrong(what, str(error))}
        except BaseException as error:  # noqa: BLE001 - a result may be an object that raises anything
            wrong = error_as_data(error)
        return encode({**wrong, "notes": self._sent_notes})

    def _wrong(self, what: str, why: str) -> str:
        return f"connector {self._name!r} gave a wrong value in {what} ({why}); report it to the plugin's author."

    def _call(self, what: str, arguments: dict[str, Any]) -> Any:
        if what in SPECS:
            results = getattr(self._hooks, what)(**arguments)
            return results[0] if results else None
        if what.startswith(OF_STAND_IN):
            return self._stand_in.call(what.removeprefix(OF_STAND_IN), **arguments)
        if what == TRANSFORM:
            return transformed(self._connector, **arguments)
        return getattr(self._connector, what)(**arguments)

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
                self._sent_notes += 1

    def _send(self, message: dict[str, object]) -> None:
        try:
            frame = encode(message)
        except CannotPass:
            frame = encode({"note": ["log", "warning", "a value could not be passed to the hub", {}]})
        self._send_frame(frame)

    def _send_frame(self, frame: bytes) -> None:
        with self._sending:
            self._control.send(frame)


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
    hub_pid, *descriptors = map(int, sys.argv[1:])
    network, *sockets = [socket.socket(fileno=each) for each in descriptors]
    control, *calls = map(FrameSocket, sockets)
    try:
        Host(control, calls).run(hub_pid, network)
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
