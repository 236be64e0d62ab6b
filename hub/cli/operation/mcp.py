"""`hub mcp`: the MCP server over standard input and output, as desktop assistants start it."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec

from hub.access.users import AccessRefused
from hub.cli.support.output import CONFIG, ConfigFile
from hub.config.models import Config
from hub.errors import CannotDo
from hub.platform import logs
from hub.runtime import Hub
from hub.startup.opening import open_beside
from hub.startup.reading import read_config
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


KEY_VARIABLE = "RINGFENCE_API_KEY"


def mcp(config: ConfigFile = CONFIG) -> None:
    """Let an assistant on this machine ask the hub, over MCP on standard input and output.

    The environment variable RINGFENCE_API_KEY holds an API key (`hub users key`); the assistant sees what the key's user may
    see. For assistants elsewhere, set `mcp: true` in `hub:`, and let them ask /mcp of the hub's address. See `hub docs mcp`.
    """
    if find_spec("mcp") is None:
        raise CannotDo("The extra mcp is not installed; `hub docs deploy/one-machine#extras` says how.")
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise CannotDo(f"Put an API key into {KEY_VARIABLE}; `hub users key NAME` makes one.")

    logs.configure("warning")
    serve(read_config(config), key)
