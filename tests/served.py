"""A hub behind a real HTTP server: served by uvicorn in a thread, read, and wiped between tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from sqlalchemy import text, update
from sqlmodel import SQLModel

from hub.model import TrackingNumber
from hub.reload import ConfigFile
from hub.serving.http_server import edge_settings
from hub.startup.opening import Opened
from hub.store.schema import guard
from hub.store.triggers.append_only import TABLES as APPEND_ONLY
from hub.testing import FrozenClock
from hub.web.app import create_app

KEPT = {"account", "company", "flow_version", "tracker", "tracking_number"}
"""What the configuration says stays when a hub is wiped."""


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
        with self.opened.hub.store.writing() as session:
            for name in APPEND_ONLY:  # the guards of SQLite, on which these hubs run
                session.execute(text(f"DROP TRIGGER IF EXISTS {name}_no_delete"))
            for table in reversed(SQLModel.metadata.sorted_tables):
                if table.name not in KEPT:
                    session.execute(table.delete())
            guard(session.connection())
            session.execute(update(TrackingNumber).values(leased_until=None, lease_id=None))
        self.clock.now = FrozenClock().now


@contextmanager
def serving(opened: Opened, listener: socket.socket, config_file: ConfigFile | None = None) -> Iterator[None]:
    """The web edge answers on `listener` while the block runs. On a busy machine a slow write is no outage."""
    opened.hub.store.outage.patience = 30.0
    with serving_app(create_app(opened.hub, opened.directory, config_file=config_file), listener):
        yield


@contextmanager
def serving_app(app: Any, listener: socket.socket) -> Iterator[None]:
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
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
