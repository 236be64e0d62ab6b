"""The MCP server over standard input and output, beside a hub that may run or not: it reads the same database."""

from __future__ import annotations

from functools import partial

from hub.access.users import AccessRefused
from hub.config.models import Config
from hub.errors import ConfigError
from hub.mcp.reader import Reader, reader_of
from hub.mcp.server import make_server
from hub.runtime import Hub, assemble
from hub.store.engine import explained
from hub.store.schema import current, revisions

REFUSED = "The API key is unknown, expired or revoked; make one with `hub users key NAME`."


def serve(config: Config, key: str) -> None:
    """Serve until the client closes the input. ConfigError if the database is of another version: nothing is migrated, because
    a running hub may use it. AccessRefused if the key opens nothing."""
    hub = assemble(config)
    try:
        with explained():
            found = current(hub.store)
            if found != revisions()[-1]:
                raise ConfigError(
                    f"The database is of schema {found or 'none'}, this version of {revisions()[-1]}; start the hub of this "
                    "version first, or run `hub upgrade`."
                )
            _reader(hub, key)
        make_server(partial(_reader, hub, key)).run("stdio")
    finally:
        hub.close()


def _reader(hub: Hub, key: str) -> Reader:
    """Who asks; the key is looked up at each request, so that a revoked one ends."""
    reader = reader_of(hub, key)
    if reader is None:
        raise AccessRefused(REFUSED)
    return reader
