"""The ASGI application of a process: each request is served by the hub that was current when it began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hub.runtime import Hub
from hub.startup.opening import Opened
from hub.web.health import operation_app
from hub.web.request_body import ASGI
from hub.worker import Worker


class Edge(Protocol):
    """What a process serves of one hub."""

    async def __call__(self, scope: object, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""

    def start(self) -> None:
        """It serves from now on."""

    def retire(self) -> None:
        """Another one serves new requests."""

    def close(self) -> None:
        """Its last request has ended."""


@dataclass(eq=False)
class Generation:
    """A hub made from one version of config.yaml, with what runs for it in this process."""

    opened: Opened
    version: int
    edge: Edge | None
    worker: Worker | None = None
    requests: int = 0
    """Requests that it serves now; only the event loop changes this."""


class OperationEdge:
    """Only the health checks and metrics, for a process without a web edge."""

    def __init__(self, hub: Hub) -> None:
        self._app = operation_app(lambda: hub)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)

    def start(self) -> None:
        """Nothing to start."""

    def retire(self) -> None:
        """Nothing to end early."""

    def close(self) -> None:
        """Nothing to close."""


class EdgeSwitch:
    """Passes each request to the current generation."""

    def __init__(self, current: Callable[[], Generation], closing: Callable[[], None]) -> None:
        self._current, self._closing = current, closing

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request; start and close the edge with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        generation = self._current()
        assert generation.edge is not None
        generation.requests += 1
        try:
            await generation.edge(scope, receive, send)
        finally:
            generation.requests -= 1

    async def _live(self, receive: ASGI, send: ASGI) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        edge = self._current().edge
        if edge is not None:
            edge.close()
        self._closing()
        await send({"type": "lifespan.shutdown.complete"})
