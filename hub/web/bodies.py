"""Read a request's body, but never more of it than is allowed."""

from __future__ import annotations

import contextlib

from starlette.requests import ClientDisconnect, Request


async def read_body(request: Request, cap: int) -> bytes | None:
    """The body; None where it is over `cap` bytes, whatever its Content-Length claims."""
    body = bytearray()
    with contextlib.suppress(ClientDisconnect):
        async for chunk in request.stream():
            body += chunk
            if len(body) > cap:
                return None
    return bytes(body)
