"""A hub behind a real HTTP server: served by uvicorn in a thread, read, and wiped between tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import uvicorn
from sqlalchemy import Connection, text, update
from sqlmodel import SQLModel

from hub.model import TrackingNumber
from hub.reload import ConfigFile
from hub.serving.http_server import edge_settings
from hub.startup.opening import Opened
from hub.testing import FrozenClock
from hub.web.app import create_app

KEPT = {"account", "company", "flow_version", "tracker", "tracking_number"}
"""What the configuration says stays when a hub is wiped."""
GUARD = "_no_delete"
"""How the names of triggers end that refuse to delete rows of a table."""


@dataclass
class ServedHub:
    """The hub, its clock and its database."""

    opened: Opened
    clock: FrozenClock

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """What the database says."""
        with self.opened.hub.store.reading() as session:
            return [dict(row) for row in session.connection().execute(text(query), parameters).mappings()]

    def forget(self) -> None:
        """As on the first day: nothing came in, every number is free."""
        with self.opened.hub.store.connected() as connection:  # to SQLite, on which these hubs run
            filled = set(connection.exec_driver_sql(_filled()).scalars())
            guards = [
                (name, statement) for name, statement in _guards(connection) if name.removesuffix(GUARD) in filled
            ]
            for name, _ in guards:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for name in (each for each in _emptied() if each in filled):
                connection.exec_driver_sql(f"DELETE FROM {name}")
            for _, statement in guards:
                connection.exec_driver_sql(statement)
            connection.execute(update(TrackingNumber).values(leased_until=None, lease_id=None))
        self.clock.now = FrozenClock().now


@cache
def _emptied() -> tuple[str, ...]:
    """The tables that are wiped, those that refer to others first."""
    return tuple(each.name for each in reversed(SQLModel.metadata.sorted_tables) if each.name not in KEPT)


@cache
def _filled() -> str:
    """A query for the tables that have rows: most have none."""
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in _emptied())


def _guards(connection: Connection) -> list[tuple[str, str]]:
    """The triggers that refuse to delete rows, each with its statement."""
    query = f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%{GUARD}'"
    return [(name, statement) for name, statement in connection.exec_driver_sql(query)]


@contextmanager
def serving(opened: Opened, listener: socket.socket, config_file: ConfigFile | None = None) -> Iterator[uvicorn.Server]:
    """The web edge answers on `listener` while the block runs. On a busy machine a slow write is no outage."""
    opened.hub.store.outage.patience = 30.0
    with serving_app(create_app(opened.hub, opened.directory, config_file=config_file), listener) as server:
        yield server


@contextmanager
def serving_app(app: Any, listener: socket.socket) -> Iterator[uvicorn.Server]:
    """An ASGI application answers on `listener` while the block runs."""
    settings = edge_settings(app, "127.0.0.1:0")
    settings.timeout_graceful_shutdown = 1
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(timeout=10)
