"""What the engine opens its ports with."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path
from random import SystemRandom

from plugins.carriers.sip.engine.interface import Unreachable
from plugins.carriers.sip.engine.settings import LineSettings

LOOPBACK = "127.0.0.1"
STACK_PORTS = range(20_000, 22_000)


def certificate(settings: LineSettings) -> ssl.SSLContext | None:
    """The certificate of the trunk's port, if it speaks TLS."""
    return server_tls(settings.certificate) if settings.trunk.transport == "tls" else None


def server_tls(file: Path | None) -> ssl.SSLContext:
    """What a port answers with over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if file is None:
        raise Unreachable("TLS needs a certificate; write tls_certificate in config.yaml.")
    context.load_cert_chain(file)
    return context


class Certificate:
    """A file with certificate and key, which is read again when it is renewed."""

    def __init__(self, file: Path, context: ssl.SSLContext) -> None:
        self._file, self._context, self._read = file, context, file.stat().st_mtime_ns

    def renew(self) -> None:
        """Use the new one for new connections, if there is one that can be read."""
        with contextlib.suppress(OSError, ssl.SSLError):
            if (now := self._file.stat().st_mtime_ns) != self._read:
                self._context.load_cert_chain(self._file)
                self._read = now


def free_port() -> int:
    """A UDP port on loopback for the stack, below those that the system gives to outgoing connections."""
    for port in SystemRandom().sample(STACK_PORTS, len(STACK_PORTS)):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((LOOPBACK, port))
            return port
    raise Unreachable(f"No UDP port from {STACK_PORTS.start} to {STACK_PORTS.stop - 1} is free on {LOOPBACK}.")
