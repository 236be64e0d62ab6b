"""One child process of a plugin host: started, called over a socket, killed."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hub.errors import PluginAway, PluginDied, PluginTimeout, RingfenceError
from hub.plugin_host.guard import LANES, POOL_THREADS
from hub.plugin_host.host.environment import child_environment
from hub.plugin_host.host.messages import Answer, Begin, Call, error_from_data
from hub.plugin_host.host.wire import MESSAGES, WEBHOOKS, CannotPass, FrameSocket, decode, limit_of
from hub.plugin_host.network.broker import NetworkBroker
from hub.plugin_host.network.reachable_hosts import ReachableHosts
from hub.plugin_host.thread_pool import is_abandoned
from hub.plugin_host.vendor_exchanges.wire_tap import heard_here

FOLDER = "ringfence-plugin-"
GRACE_SECONDS = 1.0
"""After its deadline a call has this time to end; then the child is killed."""
END_SECONDS = 1.0
"""A child whose end of a socket is closed has this time to end; then it is killed."""
NOTES_SECONDS = 1.0
"""A result waits so long for the log lines that the plugin wrote before it."""

MAX_THREADS = 256
"""A child with more is killed. Its memory limit does not count what the kernel keeps of a thread."""


class TooManyThreads(Exception):
    """A child starts threads without end."""


class ChildProcess:
    """A running child, which connects to `hosts` only. `note` is called with each message that is not a reply; it must not
    wait.

    The child has one socket for notes and for what it asks the hub, and one for each call that the hub makes at a time. So
    the thread that calls a hook also reads the reply: a call costs two hand-overs between threads, and a slow hook is in no
    other hook's way.
    """

    def __init__(
        self,
        begin: Callable[[str], Begin],
        note: Callable[[ChildProcess, dict[str, Any]], None],
        hosts: ReachableHosts,
    ) -> None:
        _sweep_folders()
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-")
        begun = begin(self.folder)
        self._name, self._note = begun.connector, note
        self._asks = WEBHOOKS if begun.stand_in else MESSAGES
        handed = [begun.stand_in.listener] if begun.stand_in else []
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._ended, self._by_itself = "", False
        self._reaped, self._noted, self._notes = threading.Event(), threading.Condition(), 0
        self._idle: dict[str, queue.SimpleQueue[FrameSocket]] = {lane: queue.SimpleQueue() for lane in LANES}
        network, *pairs = [socket.socketpair() for _ in range(2 + len(LANES) * POOL_THREADS)]
        ours = [FrameSocket(end) for end, _ in pairs]
        self._control = ours[0]
        for number, end in enumerate(ours[1:]):
            self._idle[LANES[number % len(LANES)]].put(end)
        with contextlib.ExitStack() as theirs:
            descriptors = [theirs.enter_context(end).fileno() for _, end in (network, *pairs)]
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [
                    sys.executable,
                    "-P",
                    "-s",
                    "-m",
                    "hub.plugin_host.host.child",
                    str(os.getpid()),
                    *map(str, descriptors),
                ],
                env=child_environment(self.folder),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[*descriptors, *handed],
                start_new_session=True,
            )
        self._broker = NetworkBroker(hosts, network[0], self.kill)
        threading.Thread(target=self._broker.serve, name=f"{self._name}-network", daemon=True).start()
        self.send(begun)

    @property
    def lives(self) -> bool:
        """Whether it can still be called."""
        return not self._ended and self.process.poll() is None

    def call(
        self, what: str, lane: str, items: Sequence[dict[str, object]], limit: float
    ) -> Iterator[object | RingfenceError]:
        """Call a hook once with each item's arguments; the results in their order, an error in the place of one that failed.

        If a call takes longer than `limit` seconds and the grace, or if nobody waits any more, the child is killed. It ends
        early if the child does; then the last result is the error of the call in which it ended.
        """
        try:
            end = self._idle[lane].get(timeout=limit)
        except queue.Empty:
            yield PluginTimeout(f"connector {self._name!r} has no thread left for {what}.")
            return
        try:
            self._send(end, Call(what, tuple(items), heard_here() is not None))
            for _ in items:
                yield self._result(end, what, limit)
        except RingfenceError as error:
            end.close()
            yield error
        else:
            self._idle[lane].put(end)

    def _result(self, end: FrameSocket, what: str, limit: float) -> object | RingfenceError:
        """The result of one call. RingfenceError is raised if the child cannot be called any more."""
        ends = time.monotonic() + limit + GRACE_SECONDS

        def in_time() -> None:
            nonlocal ends
            now = time.monotonic()
            if now > ends:
                self.kill(f"it did not answer {what} in time")
                raise PluginTimeout(f"connector {self._name!r} did not answer {what} in time.")
            if is_abandoned():
                ends = min(ends, now + GRACE_SECONDS)

        try:
            size = limit_of(what)
            reply = decode(end.receive(size, in_time), size)
            self._await_notes(reply["notes"])
            if (heard := heard_here()) is not None:
                heard.add(reply.get("heard"))
            return reply["value"] if "value" in reply else error_from_data(self._name, what, reply)
        except (EOFError, OSError):
            if not self._reaped.wait(END_SECONDS):
                self.kill("it closed a socket of the hub")
        except RingfenceError:
            raise
        except CannotPass as error:
            self.kill(f"it sent something else than an answer: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a child sends, only the child ends
            self.kill(f"it sent something else than an answer ({type(error).__name__})")
        self._reaped.wait(END_SECONDS)
        raise PluginDied(str(self._gone(what)), self._name, what) if self._by_itself else self._gone(what)

    def _await_notes(self, count: int) -> None:
        """Wait until the notes that the child sent before a reply are handled."""
        if self._notes < count:
            with self._noted:
                self._noted.wait_for(lambda: self._notes >= count or bool(self._ended), NOTES_SECONDS)

    def send(self, message: Begin | Answer) -> None:
        """Send one message that is not a call; a child that does not take it is killed."""
        with self._sending:
            self._send(self._control, message)

    def _send(self, end: FrameSocket, message: Begin | Answer | Call) -> None:
        try:
            end.send(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            if not isinstance(message, Call) or not self._reaped.wait(END_SECONDS):
                self.kill(f"it takes no messages ({type(error).__name__})")
            raise self._gone("a call") from None

    def read(self) -> str:
        """Read what the child sends besides replies, until it has ended; returns why it ended."""
        try:
            while True:
                message = decode(self._control.receive(self._asks, self._limit_threads), self._asks)
                self._limit_threads()
                if not isinstance(message, dict):
                    raise CannotPass("it is no message")
                self._note(self, message)
                if "note" in message:
                    with self._noted:
                        self._notes += 1
                        self._noted.notify_all()
        except TooManyThreads as error:
            self.kill(str(error))
        except CannotPass as error:
            self.kill(f"it sent something else than an answer: {error}")
        except (EOFError, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - whatever a child sends, only the child ends
            self.kill(f"it sent something else than an answer ({type(error).__name__})")
        return self._reap()

    def _limit_threads(self) -> None:
        """Each thread is a folder in /proc, besides the two links that every folder has."""
        with contextlib.suppress(OSError):
            if Path(f"/proc/{self.process.pid}/task").stat().st_nlink - 2 > MAX_THREADS:
                raise TooManyThreads(f"it ran more than {MAX_THREADS} threads")

    def kill(self, reason: str) -> None:
        """Kill the child and all that it started."""
        with self._lock:
            self._ended = self._ended or reason
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _reap(self) -> str:
        self.kill("")
        code = self.process.wait()
        with self._lock:
            self._by_itself = not self._ended or code != -signal.SIGKILL
            how = f"it was ended by signal {-code}" if code < 0 else f"it ended itself with status {code}"
            self._ended = self._ended or how
        self._reaped.set()
        with self._noted:
            self._noted.notify_all()
        self._close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self._ended

    def _close(self) -> None:
        """Close the sockets; a call that is under way closes its own."""
        self._broker.close()
        self._control.close()
        for idle in self._idle.values():
            with contextlib.suppress(queue.Empty):
                while True:
                    idle.get_nowait().close()

    def _gone(self, what: str) -> PluginAway:
        return PluginAway(f"the plugin of connector {self._name!r} ended during {what}: {self._ended}.")


@cache
def _sweep_folders() -> None:
    """Remove the folders of hubs that were killed; once in each process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        owner = folder.name.removeprefix(FOLDER).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)
