"""Which answers are compressed. A compressed length says something about the content, and a page of another site could repeat a
request until it has guessed that (BREACH). So answers to requests that another site can cause are sent as they are."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware

from hub.web.request_body import ASGI

MINIMUM_BYTES = 1_000
LEVEL = 6
OWN_REQUESTS = ("same-origin", "none")
"""Values of Sec-Fetch-Site: the hub's own page asks, or the user themselves. Source: w3.org/TR/fetch-metadata."""
SECRET_PATHS = ("/setup/", "/me/", "/sign-in/link/")
"""Pages that show a secret to a GET, such as that of a new authenticator app; others show theirs to a POST alone."""
COMPRESSED_FILES = ("/t/", "/static/")
"""Paths of files that are stored compressed."""
MAX_PADDING_BYTES = 64


def may_compress(method: str, path: str, headers: Headers) -> bool:
    """Whether the length of the answer may depend on how well its content compresses.

    A request with a cookie must be known to come from a page of the hub or from the user: another site cannot repeat it with
    guesses of its own. A request without a cookie gets nothing of a user's by the browser of that user.
    """
    if method not in ("GET", "HEAD") or path.startswith(SECRET_PATHS + COMPRESSED_FILES):
        return False
    return "cookie" not in headers or headers.get("sec-fetch-site") in OWN_REQUESTS


class Compression:
    """ASGI application that compresses what may be, and hides the length of that by a header of random length."""

    def __init__(self, app: ASGI) -> None:
        self._app = app
        self._gzip = GZipMiddleware(self._padded, MINIMUM_BYTES, LEVEL)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        if scope["type"] == "http" and may_compress(scope["method"], scope["path"], Headers(scope=scope)):
            await self._gzip(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _padded(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        if "cookie" not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return

        async def padded(message: Any) -> None:
            if message["type"] == "http.response.start":
                padding = b"0" * secrets.randbelow(MAX_PADDING_BYTES)
                message["headers"] = [*message.get("headers", ()), (b"x-padding", padding)]
            await send(message)

        await self._app(scope, receive, padded)
