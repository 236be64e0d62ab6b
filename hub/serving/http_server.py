"""uvicorn with the hub's limits: how the web edge is served."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn

from hub.config.readers.addresses import listen_address
from hub.runtime import Hub
from hub.serving.connections import ConnectionLimits, Connections
from hub.serving.http_protocol import LimitedHttpProtocol
from hub.web.client_ip import Proxies
from hub.web.edge_rules import EdgeRules
from hub.web.health import operation_app

KEEP_ALIVE_SECONDS = 65
"""Longer than the 60 seconds for which proxies keep their connections, so that it is not the hub that closes one first."""


def edge_settings(app: Any, listen: str, trusted_proxies: Callable[[], Iterable[str]] = tuple) -> uvicorn.Config:
    """How uvicorn serves the web edge on an address like 127.0.0.1:8080."""
    host, port = listen_address(listen)
    limits = ConnectionLimits.of_process()
    connections = Connections(limits, lambda peer: Proxies(trusted_proxies()).trusts(peer))
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=partial(LimitedHttpProtocol, connections=connections),  # type: ignore[arg-type]
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
        backlog=limits.backlog,
        log_config=None,
        proxy_headers=False,  # hub.trusted_proxies says which proxies' client addresses are trusted
    )


def serve(
    settings: uvicorn.Config, answering: Callable[[], None], when_open: Callable[[], None]
) -> signal.Signals | None:
    """Serve until a signal ends it, which is returned; `answering` is called if it listens, then `when_open`."""
    ended_by: list[signal.Signals] = []

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                answering()
            when_open()

    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal that ended it again, which by default would end the process before its work is done.
        signal.signal(number, lambda number, _: ended_by.append(signal.Signals(number)))
    Server(settings).run()
    return ended_by[0] if ended_by else None


@contextmanager
def serving_operation(listener: socket.socket | None, current: Callable[[], Hub]) -> Iterator[None]:
    """Answer `/healthz`, `/readyz` and `/metrics` on `listener` while the block runs: in a thread with an event loop of its
    own, so that neither waits for the web edge."""
    if listener is None:
        yield
        return
    settings = uvicorn.Config(
        EdgeRules(operation_app(current), "http://"),
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="operation", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(3)
