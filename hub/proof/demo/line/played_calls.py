"""The demo's hold on the callers and phones of its SIP line: starts their process, and places calls through the gateway."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from secrets import token_hex
from typing import Any

from hub.proof.demo.line.settings import COMPRESSION, Ports
from hub.proof.demo.scenario import Story

CALL_SECONDS = 180.0
"""After this a call that has not ended is a failure."""
START_SECONDS = 20.0
SENT_ELSEWHERE = 503


class Line:
    """The other end of the gateway's line; `port` is where it takes what the gateway dials."""

    def __init__(self, process: subprocess.Popen[bytes], gateway: int) -> None:
        self._process, self._gateway, self._ids = process, gateway, count()
        self._changed, self._events = threading.Condition(), list[dict[str, Any]]()
        self._alive = True
        self._writing = threading.Lock()
        threading.Thread(target=self._read, name="line", daemon=True).start()

    def call(self, story: Story, number: str, answering: str, when_dialed: Callable[[], None]) -> bool:
        """Play one story's call to its end; `when_dialed` is called if the business's phones ring. False if the gateway let the
        trunk send it elsewhere (503), because the hub's answer was late. RuntimeError if it could not be placed or does not
        end."""
        name = f"call-{next(self._ids)}"
        order = {
            "id": name,
            "to": f"sip:{number}@127.0.0.1:{self._gateway}",
            "caller": story.caller,
            "keys": story.keys,
            "outcome": story.outcome,
            "talk": story.talk.total_seconds() / COMPRESSION,
            "answering": answering,
        }
        with self._writing:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        if self._wait(name, "dialed", "ended")["event"] == "dialed":
            when_dialed()
        ended = self._wait(name, "ended")
        if ended["why"] and ended["code"] != SENT_ELSEWHERE:
            raise RuntimeError(f"a call over the line failed: {ended['why']}")
        return not ended["why"]

    def ready(self) -> None:
        """Wait until phones and gateway take calls. RuntimeError if they do not."""
        self._wait("", "ready", patience=START_SECONDS)
        until = time.monotonic() + START_SECONDS
        while not _answers(self._gateway):
            if time.monotonic() > until:
                raise RuntimeError("the gateway does not answer; see gateway.log beside the demo's database")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._alive = False
            self._changed.notify_all()

    def _wait(self, name: str, *events: str, patience: float = CALL_SECONDS) -> dict[str, object]:
        def found() -> dict[str, Any] | None:
            return next((each for each in self._events if each["id"] == name and each["event"] in events), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or not self._alive, patience)
            event = found()
        if event is None:
            raise RuntimeError("the demo's phones ended" if not self._alive else f"a call was not {events[-1]} in time")
        return event


def _answers(gateway: int) -> bool:
    """Whether the gateway answers an OPTIONS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        asking.connect(("127.0.0.1", gateway))
        here = f"127.0.0.1:{asking.getsockname()[1]}"
        mark = token_hex(8)
        lines = (
            f"OPTIONS sip:127.0.0.1:{gateway} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{mark};rport",
            "Max-Forwards: 70",
            f"From: <sip:demo@{here}>;tag={mark}",
            f"To: <sip:127.0.0.1:{gateway}>",
            f"Call-ID: {mark}",
            "CSeq: 1 OPTIONS",
            "Content-Length: 0",
            "\r\n",
        )
        try:
            asking.send("\r\n".join(lines).encode())
            return asking.recv(65_535).startswith(b"SIP/2.0 200")
        except TimeoutError:
            return False
        except OSError:
            time.sleep(0.1)
            return False


@contextmanager
def open_line(ports: Ports | None) -> Iterator[Line | None]:
    """The callers and phones of a demo over a line; None without `ports`."""
    if ports is None:
        yield None
        return
    command = [sys.executable, "-m", "hub.proof.demo.line.phones", str(ports.phones)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    try:
        line = Line(process, ports.gateway)
        line.ready()
        yield line
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
