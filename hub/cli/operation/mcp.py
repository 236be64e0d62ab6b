"""`hub mcp`: the MCP server over standard input and output, as desktop assistants start it."""

from __future__ import annotations

import os
from importlib.util import find_spec

import typer

from hub.cli.support.output import CONFIG, ConfigFile
from hub.errors import CannotDo
from hub.platform import logs
from hub.startup.reading import read_config
from hub.web.mcp.stdio import serve

KEY_VARIABLE = "RINGFENCE_API_KEY"


def register(app: typer.Typer) -> None:
    """Add the command to `hub`."""
    app.command("mcp")(mcp)


def mcp(config: ConfigFile = CONFIG) -> None:
    """Let an assistant on this machine ask the hub, over MCP on standard input and output.

    The environment variable RINGFENCE_API_KEY holds an API key (`hub users key`); the assistant sees what the key's user may
    see. For assistants elsewhere, set `mcp: true` in `hub:`, and let them ask /mcp of the hub's address. See docs/mcp.md.
    """
    if find_spec("mcp") is None:
        raise CannotDo("The package mcp is not installed; run: pip install 'ringfence[mcp]'")
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise CannotDo(f"Put an API key into {KEY_VARIABLE}; `hub users key NAME` makes one.")

    logs.configure("warning")
    serve(read_config(config), key)
