"""A socket of this machine's loopback."""

from __future__ import annotations

import socket


def loopback_listener() -> socket.socket:
    """A socket that is bound to a free port of this machine, which only this machine reaches."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    return listener
