"""Asks a child process about plugins that the hub does not import: what they are, and whether settings fit them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import socket
import subprocess
import sys
import threading
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from hub.errors import PluginFailure
from hub.plugin_host.host.description import Description
from hub.plugin_host.host.environment import child_environment
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.host.wire import ANSWER, CannotPass, decode

REQUEST_SECONDS = 10.0
"""Importing a plugin may take so long."""
START_SECONDS = 15.0
MAX_REMEMBERED = 256
MAX_REASON_CHARACTERS = 2_000


class Probe:
    """The child process, started when it is needed and again if it has ended; one question at a time."""

    def __init__(self, seconds: float = REQUEST_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, *question: object) -> dict[str, Any]:
        """The answer to one question; `broken` in it says why the plugin cannot be used."""
        with self._lock:
            for again in (True, False):
                try:
                    how, frame = self._requested(question)
                    break
                except (EOFError, OSError):
                    self.close()
                    if not again:
                        raise PluginFailure("the process that looks at plugins does not work; try again") from None
        if how:
            return {"broken": f"it cannot be imported: {how}"}
        try:
            answer = decode(frame)
        except CannotPass as error:
            return {"broken": f"it gives no description ({error})"}
        return answer if isinstance(answer, dict) else {"broken": "it gives no description"}

    def _requested(self, question: tuple[object, ...]) -> tuple[str, bytes]:
        if self._connection is None or self._owner != os.getpid():
            self._start()
        assert self._connection is not None
        self._connection.send(question)
        if not self._connection.poll(START_SECONDS + self._seconds):
            raise EOFError
        how, frame = decode(self._connection.recv_bytes(sum(ANSWER)), ANSWER)
        return str(how), bytes(frame)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [
                    sys.executable,
                    "-P",
                    "-s",
                    "-m",
                    "hub.plugin_host.host.probe_child",
                    str(theirs.fileno()),
                    str(self._seconds),
                ],
                env=child_environment("/"),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._connection, self._owner = Connection(ours.detach()), os.getpid()

    def close(self) -> None:
        """End the child process; the next question starts another one."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None and self._owner == os.getpid():
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()
        self._connection = self._process = None


_probe = Probe()


@lru_cache(maxsize=MAX_REMEMBERED)
def describe(name: str, origin: Origin, version: str) -> Description | str:
    """What a plugin is, or why it cannot be used. `version` names its code, so that a changed file is asked again."""
    answer = _probe.ask("describe", origin, name)
    if "description" not in answer:
        return str(answer.get("broken"))[:MAX_REASON_CHARACTERS]
    try:
        return Description(**answer["description"])
    except TypeError:
        return "it gives no description"


def version_of(origin: Origin) -> str:
    """A text that changes with a plugin's file or wheel."""
    if origin.file is None:
        return origin.sha256
    try:
        return hashlib.sha256(origin.file.read_bytes()).hexdigest()
    except OSError:
        return ""


def check_settings(origin: Origin, model: str, tree: dict[str, object]) -> dict[str, object]:
    """What the plugin's own model makes of plain values: `values`, or `errors`."""
    answer = _remembered("settings", origin, version_of(origin), model, pickle.dumps(tree))
    if "broken" in answer:
        return {"errors": [[[], f"the plugin failed to check this ({answer['broken']})"]]}
    return answer


def needs_sign_in(origin: Origin, tree: dict[str, object]) -> bool:
    """Whether these settings work only after a sign-in."""
    answer = _remembered("needs_sign_in", origin, version_of(origin), "Settings", pickle.dumps(tree))
    return answer.get("values") is True


@lru_cache(maxsize=MAX_REMEMBERED)
def _remembered(what: str, origin: Origin, version: str, model: str, tree: bytes) -> dict[str, object]:
    answer = _probe.ask(what, origin, model, pickle.loads(tree))  # noqa: S301 - made by ourselves
    if not {"values", "errors", "broken"} & answer.keys():
        raise PluginFailure("the plugin's settings could not be checked.")
    return answer
