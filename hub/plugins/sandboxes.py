"""The plugins' sandboxes (simulated providers), started together on loopback: for the demo, tests and integrators."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.sandbox import Sandbox
from hub.errors import ConfigError

__all__ = ["RunningSandboxes", "start_sandboxes"]


class RunningSandboxes:
    """The running sandboxes by connector name. As a context manager it stops them at the end."""

    def __init__(self, running: Mapping[str, Sandbox], without: frozenset[str]) -> None:
        self._running = dict(running)
        self._without = without

    def __iter__(self) -> Iterator[str]:
        return iter(self._running)

    def of(self, name: str) -> Sandbox | None:
        """The sandbox of one connector; None if its plugin has none because it calls no provider."""
        if name not in self._running and name not in self._without:
            raise KeyError(name)
        return self._running.get(name)

    def settings(self, name: str) -> dict[str, Any]:
        """The settings that point one connector at its sandbox; empty if its plugin has none."""
        sandbox = self.of(name)
        return sandbox.settings() if sandbox else {}

    def stop(self) -> None:
        """Stop all of them; the requests that they received stay readable. It may be called twice."""
        for sandbox in self._running.values():
            with contextlib.suppress(Exception):
                sandbox.stop()

    def __enter__(self) -> RunningSandboxes:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def start_sandboxes(
    connectors: Mapping[str, type[Connector]],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    seed: str | None = None,
) -> RunningSandboxes:
    """Start one sandbox per connector, so that two accounts at one provider have one each.

    `clock` is the time as the providers see it; with another `seed` they make other ids. ConfigError if one does not start;
    then none runs.
    """
    running: dict[str, Sandbox] = {}
    without = set()
    for name, connector_class in connectors.items():
        try:
            stand_in = connector_class.sandbox_class()
            if stand_in is None:
                without.add(name)
                continue
            sandbox = stand_in(clock)
            sandbox.seed = seed or sandbox.seed
            sandbox.start()
        except Exception as error:
            RunningSandboxes(running, frozenset()).stop()
            raise ConfigError(
                f"the sandbox of connector {name!r} did not start ({type(error).__name__}); "
                "remove `sandbox: true`, or fix its plugin."
            ) from error
        running[name] = sandbox
    return RunningSandboxes(running, frozenset(without))
