"""The addresses that a process listens on, and why it cannot."""

from __future__ import annotations

import contextlib
import errno
import socket

import structlog

from hub.config.readers.folders import listen_address
from hub.errors import ConfigError

log = structlog.get_logger(__name__)
OPERATION_PORTS_ABOVE = 1_000
"""Between the port of `hub.listen` and that of `hub.operation_listen`, if the latter is not set."""


def refuse_taken_address(listen: str, named: str = "hub.listen") -> None:
    """Raise ConfigError if the address cannot be listened on, before anything else starts."""
    host, port = listen_address(listen, named)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise ConfigError(
            f"{named}: this machine does not know {host!r}; write 127.0.0.1:{port}, or :{port} for all."
        ) from None
    for family, kind, protocol, _, address in found:
        with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                why = _WHY_NOT.get(error.errno or 0)
                if why:
                    raise ConfigError(f"{named}: {listen} {why}.") from None


_WHY_NOT = {
    errno.EADDRINUSE: "is already in use, perhaps by another hub; stop the program that listens there, or write another port",
    errno.EACCES: "cannot be opened by this user; use a port above 1023, behind your web server",
}


def operation_listener(operation_listen: str | None, listen: str) -> socket.socket | None:
    """The socket for `/metrics` and the details of `/readyz`. None, with a warning, if nothing is set and the port is taken;
    ConfigError if the address that is set cannot be listened on."""
    if operation_listen is not None:
        refuse_taken_address(operation_listen, "hub.operation_listen")
        host, port = listen_address(operation_listen, "hub.operation_listen")
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    _, port = listen_address(listen)
    above = port + OPERATION_PORTS_ABOVE
    if not port or above > 65_535:
        return None
    try:
        return socket.create_server(("127.0.0.1", above))
    except OSError:
        log.warning("no metrics: this port is in use; set hub.operation_listen", port=above)
        return None


def address_of(listener: socket.socket | None) -> str | None:
    """The address of a socket, for people."""
    if listener is None:
        return None
    host, port, *_ = listener.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
