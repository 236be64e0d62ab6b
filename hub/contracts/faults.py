"""One way in which a simulated provider fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.contracts.operations import path_pattern

GARBAGE = b"\x00<<<not what you asked for"
ELSEWHERE = "https://elsewhere.example.com/"
CUT = "ringfence.cut"
"""The extension of ASGI that ends a connection without a reply."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a provider fails: an HTTP status (with Retry-After), a reply that never comes, garbage, a request
    that was carried out although its reply is lost (`taken`: the connection ends without one), one that somebody else made
    just before (`twice`), or a redirect to another place.

    A sandbox that does not speak HTTP answers with its protocol's equivalent of the status.
    """

    kind: Literal["status", "hang", "garbage", "taken", "twice", "redirect"]
    status: int = 500
    retry_after: int | None = None
    seconds: float = 30.0
    """How long a reply hangs."""
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a status, if the vendor's own answer is given."""
    on: str = ""
    """The operation that fails, as in `POST /v1/events/{id}`; the next request of any if empty."""

    def meets(self, method: str, path: str) -> bool:
        """Whether it is meant for such a request."""
        wanted, _, place = self.on.partition(" ")
        return not self.on or (wanted == method and path_pattern(place).fullmatch(path) is not None)


def slash_in_a_part(scope: Mapping[str, Any]) -> Fault | None:
    """The answer to a path with an encoded slash, which servers refuse or read as a name of its own (Apache's documentation,
    AllowEncodedSlashes): a value like `Contacts/1` in one `{id}` never reaches the record."""
    if b"%2f" not in (scope.get("raw_path") or b"").lower():
        return None
    return Fault(
        kind="status",
        status=404,
        body='{"error": "The path has an encoded slash, %2F: a {name} in a path is one part of it."}',
    )


async def nowhere(_: Any) -> None:
    """Where a reply goes that is lost."""


async def hung(receive: Callable[..., Any], seconds: float) -> None:
    """So long without a reply, or until nobody waits for it any more: the client hangs up, or the server ends."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(left(), seconds)


async def doubled(receive: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The same request two times."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    def replay() -> Callable[..., Any]:
        waiting = list(messages)

        async def again() -> Any:
            return waiting.pop(0) if waiting else await receive()

        return again

    return replay(), replay()
