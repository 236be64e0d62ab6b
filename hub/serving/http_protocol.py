"""HTTP as uvicorn speaks it, with limits on how long and how large a request may be until it has arrived."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.serving.connections import Connections

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
