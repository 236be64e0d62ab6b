"""Sockets and ports of this machine's loopback."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from random import SystemRandom

HOST = "127.0.0.1"
PORTS = range(12_000, 30_000, 6)
"""Below the ports that a system gives to outgoing connections: from 32,768 on under Linux, from 49,152 on elsewhere (IANA).
None is 1,000 above another, where a hub that listens on that one serves its operation."""


def loopback_listener() -> socket.socket:
    """A socket that is bound to a free port of this machine, which only this machine reaches."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, 0))
    return listener


def free_port() -> int:
    """A port of loopback, free for TCP and UDP, for a server that cannot be given a `loopback_listener`.

    No outgoing connection takes it, and no other process gets it from here before this one ends. OSError if all are taken.
    """
    for port in SystemRandom().sample(PORTS, len(PORTS)):
        with ExitStack() as probes:
            try:
                mark = probes.enter_context(_bound(socket.SOCK_DGRAM, port + 1))
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    probes.enter_context(_bound(kind, port))
            except OSError:
                continue
            mark.detach()  # the port above stays bound until this process ends: the sign that `port` is given away
            return port
    raise OSError(f"No port from {PORTS.start} to {PORTS.stop - 1} is free on {HOST}; stop something and try again.")


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made
