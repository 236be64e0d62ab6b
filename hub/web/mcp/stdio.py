"""The MCP server over standard input and output, beside a hub that may run or not: it reads the same database."""

from __future__ import annotations

from functools import partial

from hub.access.users import AccessRefused
from hub.config.models import Config
from hub.runtime import Hub
from hub.startup.opening import open_beside
from hub.web.mcp.reader import Reader, reader_of
from hub.web.mcp.server import make_server

REFUSED = "The API key is unknown, expired or revoked; make one with `hub users key NAME`."


def serve(config: Config, key: str) -> None:
    """Serve until the client closes the input. AccessRefused if the key opens nothing."""
    with open_beside(config) as hub:
        _reader(hub, key)
        make_server(partial(_reader, hub, key)).run("stdio")


def _reader(hub: Hub, key: str) -> Reader:
    """Who asks; the key is looked up at each request, so that a revoked one ends."""
    reader = reader_of(hub, key)
    if reader is None:
        raise AccessRefused(REFUSED)
    return reader
