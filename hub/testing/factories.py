"""Connectors with the hub's services in memory, for plugin tests without a hub."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from hub.contracts.connector import Connector
from hub.contracts.sandbox import OwnerSandbox, Sandbox
from hub.contracts.services import Services
from hub.contracts.untrusted import JsonObject
from hub.errors import ConfigError
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.http_client import lazy_client
from hub.plugin_host.inspection.explained import settings_sentences
from hub.plugin_host.network.reachable_hosts import ReachableHosts, declared_hosts
from hub.testing.violations.refusals import note_host

AnyConnector = TypeVar("AnyConnector", bound=Connector)


@dataclass
class FrozenClock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Advance the clock by a timedelta's arguments: `clock.advance(minutes=5)`."""
        self.now += timedelta(**span)


@dataclass
class MemoryTokens:
    """A TokenStore without a database."""

    token: JsonObject | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> JsonObject | None:
        """The token that was saved last."""
        return self.token

    def save(self, token: JsonObject) -> None:
        """Keep a token."""
        self.token = dict(token)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """A lock that allows one refresh at a time."""
        with self._lock:
            yield


@dataclass
class MemoryNotes:
    """A connector's Memory without a database."""

    notes: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str) -> str | None:
        """A note, or None."""
        return self.notes.get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a note."""
        self.notes[name] = value

    def change(self, name: str, step: Callable[[str | None], str]) -> None:
        """Replace a note by the result of `step`."""
        with self._lock:
            self.notes[name] = step(self.notes.get(name))


def connect(
    connector_class: type[AnyConnector],
    sandbox: Sandbox | None = None,
    *,
    name: str | None = None,
    clock: Any = None,
    timeout: float = 20.0,
    **settings: Any,
) -> AnyConnector:
    """A connector of `connector_class` that uses `sandbox` if one is given; `settings` are added to the sandbox's. What it
    logs is not scrubbed, so that a suite notices a secret."""
    written = {**(sandbox.settings() if sandbox else {}), **settings}
    try:
        typed = connector_class.Settings.model_validate(written)
    except ValidationError as error:
        given = "what the sandbox's settings() give" if sandbox else "these settings"
        raise ConfigError(
            f"Settings do not take {given}: {'; '.join(settings_sentences(error, are_fictional=True))}."
        ) from None
    name = name or connector_class.manifest.name
    hosts = ReachableHosts(name, declared_hosts(connector_class.manifest, typed), loopback=True, refused=note_host)
    services = Services(
        clock=clock or (lambda: datetime.now(UTC)),
        http=lazy_client(name, hosts, timeout, tls_only=connector_class.enriches()),
        tokens=MemoryTokens(sandbox.owner_token() if isinstance(sandbox, OwnerSandbox) else None),
        memory=MemoryNotes(),
        log=structlog.get_logger(connector=name),
        webhook_url=f"https://calls.example.com/webhooks/{name}",
    )
    connector = connector_class(name, typed, services)
    if isinstance(connector, HostedConnector):
        connector.supervised(hosts=hosts)
    return connector
