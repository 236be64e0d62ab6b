"""Keeps one connector's child process running: starts it, answers what it asks, restarts it, disables it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog

from hub.errors import CircuitOpen, PluginFailure, PluginTimeout, RingfenceError
from hub.hookspecs import AgentHooks, InsightHooks, TranscriptionHooks
from hub.platform import metrics
from hub.plugin_host.host.messages import Answer, Begin
from hub.plugin_host.host.process import ChildProcess
from hub.plugin_host.host.requests import HubAnswers
from hub.plugin_host.host.restarts import Restarts
from hub.plugin_host.host.wire import POLL_SECONDS
from hub.plugin_host.network.reachable_hosts import ReachableHosts
from hub.plugin_host.plugin_texts.plugin_log import PluginLog
from hub.plugin_host.thread_pool import is_abandoned

log = structlog.get_logger(__name__)
START_SECONDS = 15.0
"""A child that is not ready by then counts as dead."""
SOON_SECONDS = 1.0
"""A call waits for a restart that is at most this far away."""
ASK_AGAIN_SECONDS = 5.0
DISABLED_SECONDS = 60.0
"""How long work waits that is for a disabled connector, before it looks again."""
CLOSE_SECONDS = 2.0
REPLACE_SECONDS = 600.0
"""So long after a child was handed what callers say, another one takes its place as soon as no call is under way: only the end
of a process surely takes words out of its memory."""
HEARING = frozenset(
    each.__name__ for each in (TranscriptionHooks.transcribe, InsightHooks.read_conversation, AgentHooks.answer_caller)
)
MAX_ITEMS_PER_MESSAGE = 32
"""How many calls a child gets at once. After them the hub looks whether the results are still wanted."""


class Switch(Protocol):
    """Whether a connector may run at all; all processes of the hub share it."""

    def why_off(self) -> str | None:
        """Why it is disabled; None if it may run."""

    def turn_off(self, reason: str) -> None:
        """Disable it until a person resumes it."""


class AlwaysOn:
    """The switch of what is not in config.yaml."""

    def why_off(self) -> None:
        """It may run."""

    def turn_off(self, reason: str) -> None:
        """Nothing is stored."""


class Supervisor:
    """One connector's host. Nothing is started before the first call, or `warm`."""

    def __init__(
        self,
        begin: Callable[[str], Begin],
        answers: HubAnswers,
        switch: Switch,
        hosts: ReachableHosts,
        plugin_log: PluginLog,
    ) -> None:
        self.name = hosts.connector
        self._begin, self._switch = begin, switch
        self._hosts, self._refused = replace(hosts, refused=self._note_host), hosts.refused
        self._services = answers
        self._log = plugin_log
        self._restarts = Restarts()
        self._state = threading.Condition()
        self._child: ChildProcess | None = None
        self._ready = False
        self._thread: threading.Thread | None = None
        self._starts_at = 0.0
        self._under_way = 0
        self._to_replace: ChildProcess | None = None
        self._replaced: ChildProcess | None = None
        self._off, self._asked_at = "", 0.0
        self._known, self._begun, self._closed = False, False, False
        self.why_ended = ""
        """Of the last child that ended."""

    @property
    def why_off(self) -> str:
        """Why this process does not run the plugin any more; empty if it does."""
        return self._off

    @property
    def pid(self) -> int | None:
        """The child's process id; None while none runs."""
        child = self._child
        return child.process.pid if child is not None and self._ready and child.lives else None

    def call(self, what: str, lane: str, arguments: dict[str, object], limit: float) -> Any:
        """The result of a hook in the child; starts it if it does not run."""
        (result,) = self.call_each(what, lane, [arguments], limit)
        if isinstance(result, RingfenceError):
            raise result
        return result

    def call_each(
        self, what: str, lane: str, items: Sequence[dict[str, object]], limit: float
    ) -> list[object | RingfenceError]:
        """The results of a hook that is called once with the arguments of each item, in one message for many of them; an
        item that failed has its error."""
        results: list[object | RingfenceError] = []
        while len(results) < len(items):
            if is_abandoned():
                results.append(PluginTimeout(f"connector {self.name!r} has no time left for {what}."))
                continue
            try:
                child = self._running(limit)
            except RingfenceError as error:
                results.append(error)
                continue
            try:
                results += child.call(what, lane, items[len(results) : len(results) + MAX_ITEMS_PER_MESSAGE], limit)
            finally:
                self._called(child, what)
        return results

    def _called(self, child: ChildProcess, what: str) -> None:
        with self._state:
            self._under_way -= 1
            self._state.notify_all()
            if what not in HEARING or self._to_replace is child:
                return
            self._to_replace = child
        later = threading.Timer(REPLACE_SECONDS, self._replace, [child])
        later.daemon = True
        later.start()

    def _replace(self, child: ChildProcess) -> None:
        """End a child between two calls; another one starts at once."""
        with self._state:
            self._state.wait_for(lambda: not self._under_way or self._child is not child)
            if self._child is not child or self._closed:
                return
            self._ready, self._replaced = False, child
        child.kill("another process takes its place")

    def warm(self) -> None:
        """Start the child, so that the first call need not wait for it. Returns at once."""
        with self._state:
            self._start()

    def await_first_start(self) -> None:
        """Wait until the first child is ready, or has died."""
        if not self._begun:
            with self._state:
                self._start()
                self._state.wait_for(lambda: self._begun or bool(self._off) or self._closed, START_SECONDS)

    def enable(self) -> None:
        """A person resumed the connector: count its deaths from zero."""
        with self._state:
            self._off, self._known = "", True
            self._restarts.forget()
            self._start()

    def close(self) -> None:
        """End the child."""
        with self._state:
            self._closed = True
            child, thread = self._child, self._thread
            self._state.notify_all()
        if child is not None:
            child.kill("the hub ends it")
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _running(self, limit: float) -> ChildProcess:
        ends = time.monotonic() + (min(limit, START_SECONDS) if self._begun else START_SECONDS)
        if self._off:
            self._ask_again()
        with self._state:
            self._start()
            while True:
                if self._off:
                    raise CircuitOpen(f"connector {self.name!r} is disabled: {self._off}", DISABLED_SECONDS)
                if self._child is not None and self._ready and self._child.lives:
                    self._under_way += 1
                    return self._child
                now = time.monotonic()
                if self._closed or now > ends or is_abandoned() or self._starts_at - now > SOON_SECONDS:
                    words = f"the plugin of connector {self.name!r} is being restarted; try again soon."
                    raise CircuitOpen(words, max(SOON_SECONDS, self._starts_at - now))
                self._state.wait(POLL_SECONDS)

    def _ask_again(self) -> None:
        """Another process may have resumed the connector."""
        now = time.monotonic()
        if now - self._asked_at < ASK_AGAIN_SECONDS:
            return
        self._asked_at = now
        if self._why_off() is None:
            self.enable()

    def _why_off(self) -> str | None:
        try:
            return self._switch.why_off()
        except Exception:  # noqa: BLE001 - without a database nobody can have changed it
            return self._off or None

    def _start(self) -> None:
        if self._thread is None and not self._closed and not self._off:
            self._thread = threading.Thread(target=self._run, name=f"{self.name}-host", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        if not self._known:
            self._off, self._known = self._why_off() or "", True
        while not self._closed and not self._off:
            self.why_ended = reason = self._one_life()
            if self._closed:
                break
            if self._replaced is not None:
                self._replaced = None
                continue
            delay = self._restarts.died()
            metrics.HOST_DEATHS.labels(self.name).inc()
            log.warning("plugin host died", connector=self.name, reason=reason, restart_in=delay)
            if delay is None:
                self._disable(reason)
                break
            with self._state:
                self._starts_at = time.monotonic() + delay
                self._state.wait_for(lambda: self._closed, delay)
        with self._state:
            self._thread = None
            self._state.notify_all()

    def _one_life(self) -> str:
        """Start a child and serve it until it ends; returns why it ended."""
        try:
            child = ChildProcess(self._begin, self._noted, self._hosts)
        except (OSError, PluginFailure) as error:
            return f"it could not be started ({type(error).__name__})"
        with self._state:
            self._child = child
        late = threading.Timer(START_SECONDS, self._give_up, [child])
        late.daemon = True
        late.start()
        printed = threading.Thread(target=self._log.follow, args=(child.process.stdout,), daemon=True)
        printed.start()
        try:
            self.why_ended = self._log.scrubber.text(child.read())
            return self.why_ended
        finally:
            late.cancel()
            with self._state:
                self._child, self._ready, self._begun = None, False, True
                self._state.notify_all()
            self._services.release()
            printed.join(POLL_SECONDS)
            if child.process.stdout is not None:
                with contextlib.suppress(OSError):
                    child.process.stdout.close()

    def _give_up(self, child: ChildProcess) -> None:
        if not self._ready:
            child.kill("it was not ready in time")

    def _disable(self, reason: str) -> None:
        sentence = f"Its plugin ended 5 times in 10 minutes; the last time {reason}."
        self._off = sentence
        try:
            self._switch.turn_off(sentence)
        except Exception as error:  # noqa: BLE001 - without a database only this process knows it
            log.warning("disabling not stored", connector=self.name, error=type(error).__name__)

    def _noted(self, child: ChildProcess, message: dict[str, Any]) -> None:
        if "ask" in message:
            self._services.submit(message, lambda answer: _reply(child, answer))
        elif "ready" in message:
            with self._state:
                self._ready = self._begun = True
                self._state.notify_all()
        elif "broken" in message:
            child.kill(f"it cannot be used ({self._log.scrubber.text(message['broken'], 300)})")
        else:
            kind, *rest = message["note"]
            if kind == "refused":
                self._log.write("warning", "plugin refused", {"what": str(*rest)})
            elif kind == "log":
                level, event, values = rest
                self._log.write(str(level), str(event), values if isinstance(values, dict) else {})

    def _note_host(self, host: str) -> None:
        self._refused(host)
        self._log.write("warning", "plugin refused", {"what": f"a connection to {host}"})


def _reply(child: ChildProcess, answer: Answer) -> None:
    with contextlib.suppress(PluginFailure):
        child.send(answer)
