"""The plugins' sandboxes (simulated providers), started together on loopback: for the demo, tests and integrators.

Those of built-in plugins run in this process, those of others in processes of their own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.errors import ConfigError
from hub.plugin_host.sandbox_state import SandboxState
from hub.plugin_host.stand_ins.hosted import HostedStandIn
from hub.plugin_host.stand_ins.shared_address import hold_address

__all__ = ["RunningSandboxes", "start_sandboxes"]


class RunningSandboxes:
    """The running sandboxes by connector name. As a context manager it stops them at the end.

    If they have a folder, they share what they hold with the other processes that use it.
    """

    def __init__(
        self,
        running: Mapping[str, Sandbox],
        without: frozenset[str],
        folder: Path | None = None,
    ) -> None:
        self._running = dict(running)
        self._held: dict[str, int] = {}
        """The descriptors that say where these listen."""
        self._without = without
        self._folder = folder
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
        if sandbox is None:
            return {}
        with sandbox.shared():
            return sandbox.settings()

    def join(self, connectors: Mapping[str, type[Connector]], clock: Callable[[], datetime]) -> None:
        """Start the sandboxes that a changed configuration needs besides these; those that it keeps run on, with what they
        hold. ConfigError if one does not start; then nothing has changed."""
        names = {name: each for name, each in connectors.items() if not self._serves(name, each)}
        started = start_sandboxes(names, clock, folder=self._folder)
        self._replaced += [self._running[name] for name in names if name in self._running]
        self._running |= started._running
        self._let_go(names)
        self._held, started._held = self._held | started._held, {}
        self._hold(names)
        self._without = (self._without - started._running.keys()) | started._without

    def share(self, folder: Path) -> None:
        """From now on keep in `folder` what they hold, also what they hold already. While nothing else uses them."""
        for name, sandbox in self._running.items():
            _keep(sandbox, folder, name)
        self._folder = folder
        self._hold(self._running)

    def keep_only(self, names: Iterable[str]) -> None:
        """Stop the sandboxes of connectors that are gone."""
        kept = set(names)
        gone = [self._running.pop(name) for name in list(self._running) if name not in kept]
        leaving, self._replaced = [*self._replaced, *gone], []
        self._let_go(self._held.keys() - kept)
        _stop(leaving)

    def _hold(self, names: Iterable[str]) -> None:
        """Say where these listen, unless another process does so already."""
        for name in names:
            sandbox = self._running.get(name)
            if self._folder is None or name in self._held or not isinstance(sandbox, HttpSandbox | HostedStandIn):
                continue
            with contextlib.suppress(OSError):
                if (descriptor := hold_address(self._folder, name, sandbox.url)) is not None:
                    self._held[name] = descriptor

    def _let_go(self, names: Iterable[str]) -> None:
        for name in list(names):
            if (descriptor := self._held.pop(name, None)) is not None:
                os.close(descriptor)

    def _serves(self, name: str, connector_class: type[Connector]) -> bool:
        wanted = connector_class.sandbox_class()
        if wanted is None:
            return name in self._without
        running = type(self._running[name]) if name in self._running else None
        if issubclass(wanted, HostedStandIn):
            return running is wanted
        # A one-file plugin is imported again for each configuration, so its class is known by its name.
        return running is not None and (running.__module__, running.__qualname__) == (
            wanted.__module__,
            wanted.__qualname__,
        )

    def stop(self) -> None:
        """Stop all of them; the requests that they received stay readable. It may be called twice."""
        _stop([*self._running.values(), *self._replaced])
        self._let_go(self._held)

    def __enter__(self) -> RunningSandboxes:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _stop(sandboxes: Iterable[Sandbox]) -> None:
    for sandbox in sandboxes:
        with contextlib.suppress(Exception):
            sandbox.stop()
        if sandbox.state is not None:
            sandbox.state.close()


def _start(sandbox: Sandbox, connector: str, folder: Path | None) -> None:
    if not isinstance(sandbox, HostedStandIn):
        sandbox.start()
        if folder is not None:
            _keep(sandbox, folder, connector)
        return
    sandbox.connector, sandbox.folder = connector, folder and _folder_of(sandbox, folder, connector)
    sandbox.start()


def _folder_of(sandbox: HostedStandIn, folder: Path, connector: str) -> Path:
    origin = sandbox.origin
    return folder / f"{connector}.{origin.file.stem if origin.file else origin.module}"


def _keep(sandbox: Sandbox, folder: Path, connector: str) -> None:
    """Keep a sandbox's state in a file of its class, as a connector may get another plugin."""
    if isinstance(sandbox, HostedStandIn):
        sandbox.move(_folder_of(sandbox, folder, connector))
        return
    plugin = type(sandbox).__module__.removesuffix(".sandbox").rpartition(".")[2]
    state = SandboxState(sandbox, folder / f"{connector}.{plugin}.sqlite")
    state.open()
    sandbox.state = state


def start_sandboxes(
    connectors: Mapping[str, type[Connector]],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    seed: str | None = None,
    folder: Path | None = None,
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> RunningSandboxes:
    """Start one sandbox per connector, so that two accounts at one provider have one each. What those with another address say
    leads there (`shared_address`): to the running hub's, which serves it after this process has ended.

    `clock` is the time as the providers see it; with another `seed` they make other ids. What they hold is kept in `folder`,
    or only in memory. ConfigError if one does not start; then none runs.
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
            running[name] = sandbox
            if isinstance(sandbox, HostedStandIn):
                sandbox.says = addresses.get(name, "")
            _start(sandbox, name, folder)
            if name in addresses and isinstance(sandbox, HttpSandbox | HostedStandIn):
                sandbox.url = addresses[name]
        except ConfigError:
            _stop(running.values())
            raise
        except Exception as error:
            _stop(running.values())
            raise ConfigError(
                f"the sandbox of connector {name!r} did not start ({type(error).__name__}); "
                "remove `sandbox: true`, or fix its plugin."
            ) from error
    found = RunningSandboxes(running, frozenset(without), folder)
    found._hold(running.keys() - addresses.keys())
    return found
