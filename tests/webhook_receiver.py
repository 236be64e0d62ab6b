"""A server on loopback that stands for the receiver of a business's webhooks."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class WebhookReceiver:
    """Keeps what comes and answers with the next status of `answers`, else with that of `answers_by` for the event's type, else
    200; `taken` are the types that got a 200. `hangs` is how many seconds it waits before
    it answers; `victim` is a process that it kills once it has read a request."""

    port: int = 0
    received: list[Request] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    answers_by: dict[str, int] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    hangs: float = 0.0
    victim: int | None = None

    @classmethod
    def start(cls, stack: ExitStack) -> WebhookReceiver:
        """A running server, stopped with the stack."""
        receiver = cls()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.received.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if receiver.victim is not None:
                    os.kill(receiver.victim, signal.SIGKILL)
                    receiver.victim = None
                    return
                time.sleep(receiver.hangs)
                kind = str(json.loads(body).get("type", ""))
                usual = (receiver.answers_by.get(kind, 200), {})
                status, headers = receiver.answers.pop(0) if receiver.answers else usual
                if status == 200:
                    receiver.taken.append(kind)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        receiver.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        return receiver

    @property
    def url(self) -> str:
        """Its address, with a secret in it as many receivers have."""
        return f"http://127.0.0.1:{self.port}/calls?key=in-the-address"

    @property
    def types(self) -> list[str]:
        """The types of the hub's own events, in the order in which they came."""
        return [each.document["type"] for each in self.received]
