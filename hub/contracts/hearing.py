"""What came over the wire to a simulated provider: the requests themselves, whatever it makes of them."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, unquote_plus


@dataclass(frozen=True, slots=True)
class HeardRequest:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def address(self) -> str:
        """Path and query, without percent signs."""
        return f"{unquote(self.path)}?{unquote_plus(self.query)}"

    def with_token(self, token: object) -> HeardRequest:
        """The same request with a bearer token."""
        return replace(self, headers={**self.headers, "authorization": f"Bearer {token}"})

    def with_basic(self, user: str, password: str) -> HeardRequest:
        """The same request with a user's name and password."""
        pair = b64encode(f"{user}:{password}".encode()).decode()
        return replace(self, headers={**self.headers, "authorization": f"Basic {pair}"})

    @property
    def content(self) -> bytes:
        """The body, unpacked."""
        packed = self.headers.get("content-encoding", "")
        with contextlib.suppress(OSError, zlib.error, EOFError):
            if packed == "gzip":
                return gzip.decompress(self.body)
            if packed == "deflate":
                return zlib.decompress(self.body)
        return self.body

    @property
    def text(self) -> str:
        """The body as text, unpacked."""
        return self.content.decode(errors="replace")


class Ears:
    """Listens to the requests of an ASGI application as long as somebody wants to know them."""

    def __init__(self) -> None:
        self._open: list[list[HeardRequest]] = []
        self.crashes: list[Exception] = []
        """What the application raised instead of a reply."""

    def watching(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """The application, whose errors are kept in `crashes`."""

        async def serve(*request: Any) -> None:
            try:
                await app(*request)
            except Exception as error:
                self.crashes.append(error)
                raise

        return serve

    @contextlib.contextmanager
    def listening(self) -> Iterator[list[HeardRequest]]:
        """The requests that arrive until the end of the block."""
        heard: list[HeardRequest] = []
        self._open.append(heard)
        try:
            yield heard
        finally:
            self._open = [each for each in self._open if each is not heard]

    def note(self, request: HeardRequest) -> None:
        """Hand a request to everybody who listens."""
        for heard in self._open:
            heard.append(request)

    async def hear(self, scope: MutableMapping[str, Any], receive: Callable[..., Any]) -> Callable[..., Any]:
        """Note the request if somebody listens; returns a `receive` that gives the application the same body."""
        if not self._open or scope["type"] != "http":
            return receive
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        raw = scope.get("raw_path") or scope["path"].encode()
        query = scope.get("query_string", b"").decode("latin-1")
        self.note(HeardRequest(scope["method"], raw.decode("latin-1").partition("?")[0], query, headers, body))
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Any:
            return waiting.pop() if waiting else await receive()

        return again
