"""What holds for every request from outside: the most bytes of a body, and the headers of every answer."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException

from hub.numbers.greetings import MAX_UPLOAD_BYTES
from hub.web.request_body import ASGI, content_length

API_PREFIXES = ("/api/", "/v3/")
MAX_API_BODY_BYTES = 100_000
SOUNDS = re.compile(r"/api/v1/greetings(/[^/]+/sound)?", re.ASCII)
"""Where programs upload sound; it is read only after the key was found to be allowed to."""
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 100_000
"""Of any body: the longest greeting in its form. Most roads take far less, and more than a form only from signed-in users."""
NOSNIFF = (b"x-content-type-options", b"nosniff")
HSTS = (b"strict-transport-security", b"max-age=31536000")


def headers_of_answers(public_url: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of every answer that has none of these names."""
    return (NOSNIFF, HSTS) if public_url.startswith("https://") else (NOSNIFF,)


class EdgeRules:
    """ASGI application that limits bodies and completes the headers of the answers of the application behind it, which is
    asked with the scheme of `public_url`, whatever the proxy in front of it speaks."""

    def __init__(self, app: ASGI, public_url: str) -> None:
        self._app = app
        self._scheme = "https" if public_url.startswith("https://") else "http"
        self._headers = headers_of_answers(public_url)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                message["headers"] = headers + [each for each in self._headers if each[0] not in present]
            await send(message)

        small = scope["path"].startswith(API_PREFIXES) and SOUNDS.fullmatch(scope["path"]) is None
        limit = MAX_API_BODY_BYTES if small else MAX_BODY_BYTES
        if content_length(scope["headers"]) > limit:
            length = (b"content-length", b"0")
            await completed(
                {"type": "http.response.start", "status": 413, "headers": [length, (b"connection", b"close")]}
            )
            await completed({"type": "http.response.body", "body": b""})
            return
        await self._app({**scope, "scheme": self._scheme}, _limited(receive, limit), completed)


def _limited(receive: ASGI, limit: int) -> ASGI:
    """Receives at most `limit` bytes, whatever the request's headers claim."""
    count = 0

    async def limited() -> Any:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > limit:
            raise HTTPException(413, "The body is too large.")
        return message

    return limited
