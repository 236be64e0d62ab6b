"""The addresses that a process listens on, and why it cannot."""

from __future__ import annotations

import contextlib
import errno
import socket

from hub.errors import ConfigError


def listen_address(listen: str, named: str = "hub.listen") -> tuple[str, int]:
    """An address as host and port; ConfigError says how to write it. `named` is the setting that it comes from."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ConfigError(f"{named} is {listen!r}; write a host and a port, like 127.0.0.1:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the customer wrote :8080


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
    errno.EADDRINUSE: "is already in use; stop the program that listens there, or write another port",
    errno.EACCES: "cannot be opened by this user; use a port above 1023, behind your web server",
}
