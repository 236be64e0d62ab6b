"""A plugin's stand-in inside its own process: it serves on the socket that the hub made, and the hub calls its methods."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.errors import PluginFailure
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import Begin, BeginStandIn, Exchanged
from hub.plugin_host.sandbox_state import SandboxState

STATE = "state.sqlite"
"""Of what it holds, in its folder."""


class ServedStandIn:
    """The stand-in of one plugin, started. It knows the time, and what its provider would fetch, only from the hub."""

    def __init__(self, begin: Begin, given: BeginStandIn, ask: Callable[..., Any]) -> None:
        made = load_class(begin.origin).sandbox_class()
        if made is None:
            raise PluginFailure("it has no sandbox")
        self._ask = ask
        self._sandbox = made((lambda: ask("clock")) if begin.clock_offset else (lambda: datetime.now(UTC)))
        self._sandbox.seed = given.seed or self._sandbox.seed
        self._sandbox.listener = socket.socket(fileno=given.listener)
        self._sandbox.fetch = lambda address: tuple(ask("fetch", address))
        self._sandbox.start()
        if given.says:
            self._sandbox.url = given.says
        state = SandboxState(self._sandbox, given.folder / STATE)
        state.open()
        self._sandbox.state = state

    def call(self, method: str, given: Sequence[object]) -> Any:
        """What a method of the sandbox returns."""
        with self._sandbox.shared():
            return getattr(self._sandbox, method)(*map(self._argument, given))

    def _argument(self, value: Any) -> Any:
        if not isinstance(value, Exchanged):
            return value
        return lambda request: self._ask("exchange", value.number, request)
