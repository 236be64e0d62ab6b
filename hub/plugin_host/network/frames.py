"""The messages between a plugin host and the broker that opens its connections. All have a fixed size, so nothing that a plugin
sends is parsed, waited for or stored beyond that size."""

from __future__ import annotations

import struct
from dataclasses import dataclass

REQUEST = struct.Struct("!IIH253s")
REPLY = struct.Struct("!IBi300s")
MAX_HOST_BYTES = 253
"""Of a host name. Source: RFC 1035, section 2.3.4."""
MAX_TEXT_BYTES = 300


@dataclass(frozen=True)
class Request:
    """A plugin wants a connection."""

    number: int
    milliseconds: int
    """How long it waits."""
    port: int
    host: str

    def frame(self) -> bytes:
        """The message; ValueError if there can be no such host or port."""
        name = self.host.encode("ascii" if self.host.isascii() else "idna")
        if not 0 < len(name) <= MAX_HOST_BYTES or not 0 < self.port < 65_536:
            raise ValueError(f"there is no host {self.host[:100]} with a port {self.port}")
        return REQUEST.pack(self.number, self.milliseconds, self.port, name)

    @classmethod
    def read(cls, frame: bytes) -> Request:
        """The request in a message; ValueError if the message is malformed."""
        number, milliseconds, port, name = REQUEST.unpack(frame)
        host = name.rstrip(b"\0").decode("ascii")
        if not host or not host.isprintable() or port == 0:
            raise ValueError("it names no host")
        return cls(number, milliseconds, port, host)


@dataclass(frozen=True)
class Reply:
    """What became of a request. The connection travels beside it, if there is one."""

    number: int
    refused: bool = False
    """Whether a rule of the hub forbids the connection."""
    errno: int = 0
    """Why none was opened; 0 if one was."""
    text: str = ""

    def frame(self) -> bytes:
        """The message; a long text is cut."""
        return REPLY.pack(self.number, self.refused, self.errno, self.text.encode()[:MAX_TEXT_BYTES])

    @classmethod
    def read(cls, frame: bytes) -> Reply:
        """The reply in a message; struct.error if it is cut."""
        number, refused, errno, text = REPLY.unpack(frame)
        return cls(number, bool(refused), errno, text.rstrip(b"\0").decode(errors="ignore"))
