"""What this thread sends and receives over Python's sockets, as HTTP: the one point below httpx2, requests and urllib3.

A message is seen before TLS encrypts it and after TLS has decrypted it. Nothing is changed. A library that connects outside of
Python, as gRPC does, is not seen here.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import h11

MAX_BYTES = 256_000
"""Of one request or one reply; what is behind it is not kept."""
MAX_EXCHANGES = 50
"""Of one hook."""
MAX_PASSED = 600_000
"""Bytes that one hook passes from a plugin's own process to the hub."""
Headers = tuple[tuple[str, str], ...]


@dataclass
class Raw:
    """The bytes of one request and of its reply."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    ended: bool = False
    """Whether the other side closed the connection."""


@dataclass(frozen=True)
class Exchange:
    """One request and its reply; names of headers are in lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes
    status: int
    reply_headers: Headers
    reply_body: bytes


class Heard:
    """What one thread sent and received since it began to listen."""

    def __init__(self) -> None:
        self.raw: list[Raw] = []
        self._open: WeakKeyDictionary[socket.socket, Raw] = WeakKeyDictionary()

    def sent(self, connection: socket.socket, data: Any) -> None:
        """Bytes of a request. What follows a reply is the next request."""
        raw = self._open.get(connection)
        if raw is None or raw.received:
            raw = self._open[connection] = Raw()
            if len(self.raw) < MAX_EXCHANGES:
                self.raw.append(raw)
        _add(raw.sent, data)

    def received(self, connection: socket.socket, data: Any) -> None:
        """Bytes of a reply; none if the connection ended."""
        if (raw := self._open.get(connection)) is not None:
            raw.ended = raw.ended or not len(data)
            _add(raw.received, data)

    def as_data(self) -> list[list[object]]:
        """What was heard in a plugin's own process, for `add`; the first of it, if it is much."""
        data: list[list[object]] = []
        left = MAX_PASSED
        for raw in self.raw:
            left -= len(raw.sent) + len(raw.received)
            if left > 0:
                data.append([raw.sent.decode("latin-1"), raw.received.decode("latin-1"), raw.ended])
        return data

    def add(self, data: object) -> None:
        """Add what was heard in a plugin's own process; what is malformed is passed over."""
        for each in data if isinstance(data, list) else ():
            match each:
                case [str(sent), str(received), bool(ended)] if len(self.raw) < MAX_EXCHANGES:
                    self.raw.append(Raw(_bytes(sent), _bytes(received), ended))

    def exchanges(self) -> list[Exchange]:
        """Those that are complete and are HTTP."""
        return [exchange for raw in self.raw if (exchange := exchange_of(raw)) is not None]


def exchange_of(raw: Raw) -> Exchange | None:
    """The messages in these bytes; None if they are not HTTP, or if the reply is missing."""
    try:
        request, body = _message(h11.Connection(h11.SERVER), raw.sent, ended=False)
        if not isinstance(request, h11.Request):
            return None
        reading = h11.Connection(h11.CLIENT)
        reading.send(h11.Request(method=request.method, target="/", headers=[("host", "vendor")]))
        reading.send(h11.EndOfMessage())
        reply, reply_body = _message(reading, raw.received, ended=raw.ended)
    except h11.ProtocolError:
        return None
    if not isinstance(reply, h11.Response):
        return None
    method, target = request.method.decode("ascii"), request.target.decode("ascii")
    return Exchange(method, target, _headers(request), body, reply.status_code, _headers(reply), reply_body)


def _message(reading: h11.Connection, data: bytes | bytearray, *, ended: bool) -> tuple[object, bytes]:
    """The head of a message and its body, as far as it came."""
    reading.receive_data(bytes(data))
    if ended and len(data) < MAX_BYTES:
        reading.receive_data(b"")
    head: object = None
    body = bytearray()
    while True:
        event = reading.next_event()
        if isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif not isinstance(event, h11.InformationalResponse):
            return head, bytes(body)


def _headers(message: h11.Request | h11.Response) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.headers)


def _bytes(text: str) -> bytearray:
    return bytearray(text.encode("latin-1", "replace")[:MAX_BYTES])


def _add(to: bytearray, data: Any) -> None:
    to += bytes(memoryview(data)[: max(0, MAX_BYTES - len(to))])


_here = threading.local()
_lock = threading.Lock()
_listening = 0


def heard_here() -> Heard | None:
    """What this thread hears, if it listens."""
    found: Heard | None = getattr(_here, "heard", None)
    return found


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear what this thread sends and receives until the end of the block. As long as no thread listens, sockets are as Python
    made them."""
    before, _here.heard = heard_here(), Heard()
    _count(1)
    try:
        yield _here.heard
    finally:
        _here.heard = before
        _count(-1)


def _count(change: int) -> None:
    global _listening
    with _lock:
        before, _listening = _listening, _listening + change
        if not before:
            for kind, name, wrapped in TAPS:
                setattr(kind, name, wrapped)
        if not _listening:
            for kind, name, _ in TAPS:
                original = ORIGINALS[kind, name]
                if original is None:
                    delattr(kind, name)
                else:
                    setattr(kind, name, original)


def _tap(kind: Any, name: str, note: Callable[[Heard, socket.socket, Any, tuple[Any, ...]], None]) -> Any:
    """A method of sockets that also notes what passed. Of a TLS socket before its handshake, the method below it notes."""
    method = getattr(kind, name)
    encrypted = kind is ssl.SSLSocket

    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        result = method(self, *arguments, **options)
        heard = heard_here()
        if heard is not None and (not encrypted or self._sslobj is not None):
            note(heard, self, result, (*arguments, *options.values()))
        return result

    return wrapped


def _note_sent(heard: Heard, connection: socket.socket, result: Any, arguments: tuple[Any, ...]) -> None:
    data = memoryview(arguments[0]).cast("B")
    heard.sent(connection, data if result is None else data[:result])


def _note_received(heard: Heard, connection: socket.socket, result: Any, arguments: tuple[Any, ...]) -> None:
    heard.received(connection, result)


def _note_read_into(heard: Heard, connection: socket.socket, result: Any, arguments: tuple[Any, ...]) -> None:
    heard.received(connection, memoryview(arguments[0]).cast("B")[:result])


def _note_decrypted(heard: Heard, connection: socket.socket, result: Any, arguments: tuple[Any, ...]) -> None:
    (_note_read_into if isinstance(result, int) else _note_received)(heard, connection, result, arguments[1:])


NOTES: tuple[tuple[Any, str, Any], ...] = (
    (socket.socket, "send", _note_sent),
    (socket.socket, "sendall", _note_sent),
    (socket.socket, "recv", _note_received),
    (socket.socket, "recv_into", _note_read_into),
    (ssl.SSLSocket, "send", _note_sent),
    (ssl.SSLSocket, "read", _note_decrypted),
)
ORIGINALS: dict[tuple[Any, str], Any] = {(kind, name): vars(kind).get(name) for kind, name, _ in NOTES}
TAPS = tuple((kind, name, _tap(kind, name, note)) for kind, name, note in NOTES)
