"""A connector's services inside its plugin host: the HTTP client is made here, the rest is asked of the hub over the pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hub.contracts.services import Services
from hub.errors import RetryLater
from hub.plugin_host.host.messages import Begin
from hub.plugin_host.http_client import lazy_client

Ask = Callable[..., Any]
"""Ask the hub: `ask("memory.get", name)`."""
MAX_TRIES = 50
"""Of changing a note that others change at the same time."""


def child_services(begin: Begin, ask: Ask, tell: Callable[..., None]) -> Services:
    """The services of the connector in this process."""
    return Services(
        clock=(lambda: ask("clock")) if begin.clock_offset else (lambda: datetime.now(UTC)),
        http=lazy_client(begin.connector, None, tls_only=begin.tls_only),
        tokens=RemoteTokens(ask),
        memory=RemoteNotes(ask),
        log=RemoteLog(tell),
        webhook_url=begin.webhook_url,
    )


class RemoteTokens:
    """The connector's TokenStore, which the hub keeps."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def load(self) -> dict[str, object] | None:
        """The token as it was saved last, or None."""
        token: dict[str, object] | None = self._ask("tokens.load")
        return token

    def save(self, token: dict[str, object]) -> None:
        """Keep a token; it survives a restart."""
        self._ask("tokens.save", token)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """The hub's lock for refreshing; the hub frees it if this process dies."""
        lock = self._ask("tokens.lock")
        try:
            yield
        finally:
            self._ask("tokens.unlock", lock)


class RemoteNotes:
    """The connector's Memory, which the hub keeps."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def get(self, name: str) -> str | None:
        """A note, or None."""
        note: str | None = self._ask("memory.get", name)
        return note

    def put(self, name: str, value: str) -> None:
        """Keep a note, replacing the earlier one."""
        self._ask("memory.put", name, value)

    def change(self, name: str, step: Callable[[str | None], str]) -> None:
        """Replace a note by the result of `step`. The hub writes it only if nobody else changed the note meanwhile; then
        `step` gets the newer one. So no plugin ever holds a lock of the database."""
        for _ in range(MAX_TRIES):
            seen = self.get(name)
            if self._ask("memory.swap", name, seen, step(seen)):
                return
        raise RetryLater("The connector's notes change too often at this moment.")


class RemoteLog:
    """The connector's log; the hub writes the lines, scrubbed and limited."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell

    def info(self, event: str, **values: object) -> None:
        """Something worth knowing."""
        self._tell("log", "info", event, values)

    def warning(self, event: str, **values: object) -> None:
        """Something a person should look at."""
        self._tell("log", "warning", event, values)

    error = warning
    debug = info
