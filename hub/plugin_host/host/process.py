"""One child process of a plugin host: started, called over a socket, killed."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hub.errors import PluginAway, PluginDied, PluginTimeout
from hub.plugin_host.host.environment import child_environment
from hub.plugin_host.host.messages import Answer, Begin, Call, error_from_data
from hub.plugin_host.host.wire import MAX_FRAME_BYTES, CannotPass, decode
from hub.plugin_host.thread_pool import is_abandoned

FOLDER = "ringfence-plugin-"
GRACE_SECONDS = 1.0
"""After its deadline a call has this time to end; then the child is killed."""
POLL_SECONDS = 0.25
SEND_SECONDS = 10
"""A child that does not take a message within this time is broken."""


class ChildProcess:
    """A running child. `note` is called with each message that is not a reply; it must not wait."""

    def __init__(self, begin: Callable[[str], Begin], note: Callable[[ChildProcess, dict[str, Any]], None]) -> None:
        _sweep_folders()
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-")
        begun = begin(self.folder)
        self._name, self._note = begun.connector, note
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[str, Future[dict[str, Any]]]] = {}
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._ended = ""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [
                    sys.executable,
                    "-P",
                    "-s",
                    "-m",
                    "hub.plugin_host.host.child",
                    str(theirs.fileno()),
                    str(os.getpid()),
                ],
                env=child_environment(self.folder),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        self.send(begun)

    @property
    def lives(self) -> bool:
        """Whether it can still be called."""
        return not self._ended and self.process.poll() is None

    def call(self, what: str, lane: str, arguments: dict[str, object], limit: float) -> Any:
        """The result of a hook. PluginTimeout, and the child is killed, if it takes longer than `limit` seconds and the
        grace, or if nobody waits any more."""
        future: Future[dict[str, object]] = Future()
        with self._lock:
            if self._ended:
                raise self._gone(what)
            number = next(self._numbers)
            self._waiting[number] = what, future
        self.send(Call(number, what, lane, arguments))
        reply = self._wait(what, future, limit)
        if "value" in reply:
            return reply["value"]
        raise error_from_data(self._name, what, reply)

    def _wait(self, what: str, future: Future[dict[str, object]], limit: float) -> dict[str, object]:
        ends = time.monotonic() + limit + GRACE_SECONDS
        while True:
            try:
                return future.result(timeout=POLL_SECONDS)
            except FutureTimeout:
                now = time.monotonic()
                if now > ends:
                    self.kill(f"it did not answer {what} in time")
                    raise PluginTimeout(f"connector {self._name!r} did not answer {what} in time.") from None
                if is_abandoned():
                    ends = min(ends, now + GRACE_SECONDS)

    def send(self, message: Begin | Call | Answer) -> None:
        """Send one message; a child that does not take it is killed."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except OSError as error:
            self.kill(f"it takes no messages ({type(error).__name__})")
            raise self._gone("a call") from None

    def read(self) -> str:
        """Read what the child sends, until it has ended; returns why it ended."""
        try:
            while True:
                message = decode(self._connection.recv_bytes(MAX_FRAME_BYTES))
                if not isinstance(message, dict):
                    raise CannotPass("it is no message")
                if "reply" in message:
                    self._reply(message)
                else:
                    self._note(self, message)
        except CannotPass as error:
            self.kill(f"it sent something else than an answer: {error}")
        except (EOFError, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - whatever a child sends, only the child ends
            self.kill(f"it sent something else than an answer ({type(error).__name__})")
        return self._reap()

    def kill(self, reason: str) -> None:
        """Kill the child and all that it started."""
        with self._lock:
            self._ended = self._ended or reason
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _reply(self, message: dict[str, Any]) -> None:
        with self._lock:
            waiting = self._waiting.pop(message["reply"], None)
        if waiting is not None:
            waiting[1].set_result(message)

    def _reap(self) -> str:
        self.kill("")
        code = self.process.wait()
        with self._lock:
            died = not self._ended or code != -signal.SIGKILL
            self._ended = self._ended or _how(code)
            waiting, self._waiting = self._waiting, {}
        for what, future in waiting.values():
            future.set_exception(PluginDied(str(self._gone(what)), self._name, what) if died else self._gone(what))
        with contextlib.suppress(OSError):
            self._connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self._ended

    def _gone(self, what: str) -> PluginAway:
        return PluginAway(f"the plugin of connector {self._name!r} ended during {what}: {self._ended}.")


@cache
def _sweep_folders() -> None:
    """Remove the folders of hubs that were killed; once in each process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        owner = folder.name.removeprefix(FOLDER).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _how(code: int) -> str:
    return f"it was ended by signal {-code}" if code < 0 else f"it ended itself with status {code}"
