"""uvicorn with the hub's limits: how the web edge is served."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.config.readers.folders import listen_address
from hub.runtime import Hub
from hub.serving.connections import ConnectionLimits, Connections
from hub.web.client_ip import Proxies
from hub.web.edge_rules import EdgeRules
from hub.web.health import operation_app

KEEP_ALIVE_SECONDS = 65
"""Longer than the 60 seconds for which proxies keep their connections, so that it is not the hub that closes one first."""
MAX_WEBSOCKET_BYTES = 100_000
"""Of one message."""
MAX_OPERATION_CONNECTIONS, MAX_OPERATION_BYTES = 50, 1_000_000
"""Of the operation address: a monitor needs a few connections, and asks without a body."""


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
        ws="websockets-sansio",
        ws_max_size=MAX_WEBSOCKET_BYTES,
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
    limits = ConnectionLimits(
        MAX_OPERATION_CONNECTIONS,
        MAX_OPERATION_CONNECTIONS,
        MAX_OPERATION_BYTES,
        backlog=MAX_OPERATION_CONNECTIONS,
    )
    connections = Connections(limits, lambda peer: True)
    settings = uvicorn.Config(
        EdgeRules(operation_app(current), "http://"),
        http=partial(LimitedHttpProtocol, connections=connections),  # type: ignore[arg-type]
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


MAX_HEADER_BYTES = 65_536
MAX_PIPELINED = 20
"""Requests that one connection may send before the first is answered."""
BAD, LATE, LARGE_HEADERS = b"400 Bad Request", b"408 Request Timeout", b"431 Request Header Fields Too Large"


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection, which `connections` counts, watches and may close."""

    def __init__(self, *arguments: Any, connections: Connections, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._all = connections
        self._in_headers = False
        self.peer = ""
        self.arrived = 0

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It was accepted."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.peer = self.client[0] if self.client else ""
        self._all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._all.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came in."""
        self._all.received(self, len(data))
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_headers and self.arrived > MAX_HEADER_BYTES:
            self._refuse(LARGE_HEADERS)
        elif len(self.pipeline) > MAX_PIPELINED:
            self.cut()

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._all.stalled(self, True)
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has read."""
        self._all.stalled(self, False)
        super().resume_writing()

    # what the parser calls

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_headers = True
        self._all.begun(self)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The whole request is here."""
        self._all.complete(self)
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete:
            self._all.idle(self)

    def on_response_complete(self) -> None:
        """The request is answered."""
        super().on_response_complete()
        if not self.pipeline:
            self._all.idle(self)

    def handle_websocket_upgrade(self) -> None:
        """It is a conversation from now on, which has limits of its own."""
        self._all.closed(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """It is not HTTP."""
        self._refuse(BAD)

    # what the list of connections calls

    def waits_for_us(self) -> bool:
        """Whether the application has not yet read what arrived."""
        return bool(self.flow.read_paused)

    def late(self) -> None:
        """Close, with the reason if the client has begun to send."""
        if self.arrived:
            self._refuse(LATE)
        else:
            self.transport.close()

    def cut(self) -> None:
        """Close at once, whatever is under way."""
        self.transport.abort()

    def _refuse(self, status: bytes) -> None:
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way and self.cycle.response_started:
            self.cut()
            return
        if under_way:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
