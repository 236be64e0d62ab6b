"""Reads a request's body up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request

ASGI = Callable[..., Any]


def content_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The length that a request's headers claim; 0 if they claim none."""
    claimed = next((value for name, value in headers if name == b"content-length"), b"0")
    return int(claimed) if claimed.isdigit() else 0


async def read_body(request: Request, cap: int) -> bytes | None:
    """The body; None if it is over `cap` bytes, or if the client has gone. What claims to be longer is not read."""
    if content_length(request.scope["headers"]) > cap:
        return None
    return await read_chunks(request.receive, cap)


async def read_chunks(receive: ASGI, cap: int, *, keep: bool = True) -> bytes | None:
    """As `read_body`, whatever the headers claim. What is not to be kept is read and forgotten."""
    chunks: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        length += len(message.get("body", b""))
        if length > cap:
            return None
        if keep:
            chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)
