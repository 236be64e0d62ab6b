"""The id of one request: in the header `X-Request-Id` of its answer, in its errors, and in every log line about it."""

from __future__ import annotations

import re
import secrets
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
"""A client's own id that is taken as it is; another one is replaced."""
RANDOM_BYTES = 12
_KEY = "ringfence.request_id"


def request_id_of(scope: Scope) -> str:
    """The id of a request."""
    return str(scope.get(_KEY, ""))


class RequestIds:
    """ASGI application that names the requests of the application behind it, unless they have an id already. `prefixes` are
    the paths with ids; None: all."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...] | None = None) -> None:
        self._app, self._prefixes = app, prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _KEY in scope or not self._is_named(scope["path"]):
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(HEADER, "")
        request_id = sent if WELL_FORMED.fullmatch(sent) else f"req_{secrets.token_hex(RANDOM_BYTES)}"

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                header = (HEADER.lower().encode(), request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app({**scope, _KEY: request_id}, receive, named)

    def _is_named(self, path: str) -> bool:
        return self._prefixes is None or path.startswith(self._prefixes)
