"""An ASGI application that is made at its first request: a hub answers calls before its pages are loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from hub.web.request_body import ASGI


class DeferredApp:
    """Calls `make` once, in a thread, when the first request comes."""

    def __init__(self, make: Callable[[], ASGI]) -> None:
        self._make = make
        self._app: ASGI | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: object, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        if self._app is None:
            await run_in_threadpool(self._load)
        assert self._app is not None
        await self._app(scope, receive, send)

    def _load(self) -> None:
        with self._lock:
            self._app = self._app or self._make()
