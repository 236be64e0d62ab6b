"""What a child may ask of the hub: its connector's tokens, notes and the time; nothing else exists for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from typing import Any

from hub.contracts.services import Services
from hub.errors import PluginFailure
from hub.platform.rate_limit import TokenBucket
from hub.plugin_host.host.messages import Answer, error_as_data
from hub.plugin_host.thread_pool import DaemonThreadPool

THREADS = 16
"""More than a child has threads for hooks, so that one which waits for a lock never keeps the holder from freeing it."""
MAX_UNANSWERED = 64
WRITING = frozenset({"tokens.save", "memory.put", "memory.swap"})
WRITES = (100.0, 10.0)
"""How many notes and tokens a child may write at once, and how many a second."""


class HubAnswers:
    """Answers the questions of one child: each has a name and an action."""

    def __init__(self, connector: str, actions: Mapping[str, Callable[..., Any]]) -> None:
        self._pool = DaemonThreadPool(f"{connector}-services", THREADS)
        self._lock = threading.Lock()
        self._unanswered = 0
        self._writes = TokenBucket(*WRITES, WRITES[0], datetime.now(UTC))
        self._deeds = actions

    def submit(self, message: dict[str, object], answer: Callable[[Answer], None]) -> None:
        """Answer one question in a thread. PluginFailure if the child asks without end."""
        with self._lock:
            if self._unanswered >= MAX_UNANSWERED:
                raise PluginFailure("it asks too much at once")
            self._unanswered += 1
        self._pool.submit(Future(), lambda: self._serve(message, answer))

    def release(self) -> None:
        """The child died."""

    def _serve(self, message: dict[str, Any], answer: Callable[[Answer], None]) -> None:
        try:
            if message["what"] in WRITING:
                self._count_write()
            done = Answer(message["ask"], self._deeds[message["what"]](*message["arguments"]))
        except Exception as error:  # noqa: BLE001 - the child gets the error
            done = Answer(message["ask"], error=error_as_data(error))
        with self._lock:
            self._unanswered -= 1
        answer(done)

    def _count_write(self) -> None:
        with self._lock:
            left = self._writes.take(datetime.now(UTC))
        if left < 1:
            raise PluginFailure("it writes notes or tokens too often")


class HubServices(HubAnswers):
    """Answers the questions of a connector's child."""

    def __init__(self, connector: str, services: Services) -> None:
        self._services = services
        self._numbers = itertools.count(1)
        self._held: dict[int, AbstractContextManager[None]] = {}
        actions: dict[str, Callable[..., Any]] = {
            "clock": lambda: services.clock(),
            "tokens.load": lambda: services.tokens.load(),
            "tokens.save": lambda token: services.tokens.save(dict(token)),
            "tokens.lock": self._lock_tokens,
            "tokens.unlock": self._unlock_tokens,
            "memory.get": lambda name: services.memory.get(str(name)),
            "memory.put": lambda name, value: services.memory.put(str(name), value),
            "memory.swap": self._swap,
        }
        super().__init__(connector, actions)

    def release(self) -> None:
        """Free the locks that a child held when it died."""
        with self._lock:
            held, self._held = self._held, {}
        for each in held.values():
            with suppress(Exception):
                each.__exit__(None, None, None)

    def _lock_tokens(self) -> int:
        held = self._services.tokens.refreshing()
        held.__enter__()
        with self._lock:
            number = next(self._numbers)
            self._held[number] = held
        return number

    def _unlock_tokens(self, number: int) -> None:
        with self._lock:
            held = self._held.pop(number, None)
        if held is not None:
            held.__exit__(None, None, None)

    def _swap(self, name: str, seen: str | None, value: str) -> bool:
        """Replace a note if it is still as the child has seen it; returns whether it was."""

        def step(current: str | None) -> str:
            if (current or None) != (seen or None):
                raise _Changed
            return value

        try:
            self._services.memory.change(str(name), step)
        except _Changed:
            return False
        return True


class _Changed(Exception):
    """Somebody else changed the note."""
