"""Shortens the pages that a client asks for, so that every list of a simulated provider has several pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

SIZES = re.compile(r"limit|size|count|per_page|(page|max)[_\[]?(size|results)\]?", re.IGNORECASE)
"""The names that providers give to the size of a page."""


async def shortened(
    scope: MutableMapping[str, Any], receive: Callable[..., Any], limit: int
) -> tuple[MutableMapping[str, Any], Callable[..., Any]]:
    """The request with pages of at most `limit` items, in its query or in its JSON object."""
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if any(SIZES.fullmatch(name) for name, _ in query):
        short = urlencode([(name, _short(name, value, limit)) for name, value in query])
        scope = {**scope, "query_string": short.encode("latin-1")}
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    try:
        held = json.loads(body)
    except ValueError:
        held = None
    if isinstance(held, dict) and any(SIZES.fullmatch(name) for name in held):
        body = json.dumps({name: _short(name, value, limit) for name, value in held.items()}).encode()
        headers = [
            (b"content-length", str(len(body)).encode()) if name == b"content-length" else (name, value)
            for name, value in scope["headers"]
        ]
        scope = {**scope, "headers": headers}
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return waiting.pop() if waiting else await receive()

    return scope, again


def _short(name: str, value: Any, limit: int) -> Any:
    if not SIZES.fullmatch(name) or not re.fullmatch(r"\d+", str(value)):
        return value
    return type(value)(min(int(value), limit))
