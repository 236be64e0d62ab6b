"""Puts a vendor's documented replies in front of a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from hub.contracts.hearing import Ears, HeardRequest
from hub.contracts.sandbox import ASGI

Answer = Callable[[HeardRequest], tuple[int, str, bytes] | None]
"""Status, content type and body for a request; None if nothing is documented for it."""


class RecordedReplies:
    """An ASGI application that answers what is documented as documented, and leaves the rest to the stand-in."""

    def __init__(self, app: ASGI) -> None:
        self.app = app
        self._ears = Ears()
        self._answer: Answer = lambda request: None

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        """Answer requests so until the end of the block."""
        before, self._answer = self._answer, answer
        try:
            yield
        finally:
            self._answer = before

    async def __call__(self, scope: MutableMapping[str, Any], receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        with self._ears.listening() as heard:
            receive = await self._ears.hear(scope, receive)
        reply = self._answer(heard[-1]) if heard else None
        if reply is None:
            await self.app(scope, receive, send)
            return
        status, kind, body = reply
        headers = [(b"content-type", kind.encode())] if kind else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
