"""The plugins' sandboxes (simulated providers), started together on loopback: for the demo, tests and integrators."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
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
        self._replaced: list[Sandbox] = []
        """Of connectors that got another plugin; the former configuration may still use them."""

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

    def join(self, connectors: Mapping[str, type[Connector]], clock: Callable[[], datetime]) -> None:
        """Start the sandboxes that a changed configuration needs besides these; those that it keeps run on, with what they
        hold. ConfigError if one does not start; then nothing has changed."""
        names = {name: each for name, each in connectors.items() if not self._serves(name, each)}
        started = start_sandboxes(names, clock)
        self._replaced += [self._running[name] for name in names if name in self._running]
        self._running |= started._running
        self._without = (self._without - started._running.keys()) | started._without

    def keep_only(self, names: Iterable[str]) -> None:
        """Stop the sandboxes of connectors that are gone."""
        kept = set(names)
        gone = [self._running.pop(name) for name in list(self._running) if name not in kept]
        leaving, self._replaced = [*self._replaced, *gone], []
        for sandbox in leaving:
            with contextlib.suppress(Exception):
                sandbox.stop()

    def _serves(self, name: str, connector_class: type[Connector]) -> bool:
        wanted = connector_class.sandbox_class()
        if wanted is None:
            return name in self._without
        running = type(self._running[name]) if name in self._running else None
        # A one-file plugin is imported again for each configuration, so its class is known by its name.
        return running is not None and (running.__module__, running.__qualname__) == (
            wanted.__module__,
            wanted.__qualname__,
        )

    def stop(self) -> None:
        """Stop all of them; the requests that they received stay readable. It may be called twice."""
        for sandbox in (*self._running.values(), *self._replaced):
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
