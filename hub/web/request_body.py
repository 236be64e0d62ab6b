"""Reads a request's body up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

ASGI = Callable[..., Any]


async def read_body(request: Request, cap: int) -> bytes | None:
    """The body; None if it is over `cap` bytes, whatever its Content-Length claims. It ends if the client disconnects."""
    return await read_chunks(request.receive, cap)


async def read_chunks(receive: ASGI, cap: int) -> bytes | None:
    """As `read_body`, without Starlette's request."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= cap:
        message = await receive()
        body += message.get("body", b"")
    return body if len(body) <= cap else None
