"""The sockets of a plugin host, and what it answers, as bytes: JSON with tagged values, and the bytes of recordings behind it.

The hub decodes it without running anything that the child chose: a tag names one of the hub's own frozen values, and the
fields are checked against its annotations.
"""

from __future__ import annotations

import dataclasses
import json
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from pydantic import AnyUrl, SecretStr, TypeAdapter

from hub.hookspecs import SPECS
from hub.plugin_host.host.messages import OF_STAND_IN

CONTRACTS = "hub.contracts."
MAX_CONTAINERS = 400_000
"""Lists and objects in one frame: each takes memory of its own, however few bytes it is."""
MAX_TEXT_CHARACTERS = 100
"""Of a date, a time or a decimal number."""
HEAD = struct.Struct("!I")
SEND_SECONDS = 10.0
"""A process that does not take a frame within this time is broken."""
POLL_SECONDS = 0.25
READ_BYTES = 1 << 16
TAG, VALUE = "~", "v"
TEXTS: Mapping[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    time: ("time", time.isoformat, time.fromisoformat),
    timedelta: (
        "timedelta",
        lambda span: [span.days, span.seconds, span.microseconds],
        lambda parts: timedelta(*parts),
    ),
    Decimal: ("decimal", str, Decimal),
    SecretStr: ("secret", SecretStr.get_secret_value, SecretStr),
}
"""Plain values that JSON has no form for: the tag, how they are written, how they are read."""
READERS = {tag: read for tag, _, read in TEXTS.values()}
SEQUENCES: Mapping[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}


class CannotPass(Exception):
    """A value that may not pass between the hub and a plugin host."""


class FrameLimit(NamedTuple):
    """The most that one frame may hold: bytes of JSON, and bytes of recordings and pictures behind it."""

    json: int
    blobs: int = 0


MESSAGES, LISTS, FILES = FrameLimit(2_000_000), FrameLimit(16_000_000), FrameLimit(2_000_000, 128_000_000)
"""For what is decided at once and for notes; for lists of a provider; for files of a provider."""
WEBHOOKS = FrameLimit(2_000_000, 2_000_000)
"""For what a stand-in asks: it sends webhooks, each with the bytes of its body."""
ANSWER = FrameLimit(10_000, 2_100_000)
"""Of the process that looks at plugins: a reason, and behind it the frame of a description."""


def limit_of(what: str) -> FrameLimit:
    """How large the reply to a call may be."""
    spec = SPECS.get(what)
    if what.startswith(OF_STAND_IN):
        return FrameLimit(LISTS.json, FILES.blobs)
    if spec is None or not spec.network:
        return MESSAGES
    fields = [each for kind in spec.result_types if dataclasses.is_dataclass(kind) for each in dataclasses.fields(kind)]
    return FILES if any(each.type == "bytes" for each in fields) else LISTS


def encode(value: object, limit: FrameLimit = MESSAGES) -> bytes:
    """A value as one frame. CannotPass if something in it is not one of the hub's values, or if it is too large."""
    blobs: list[bytes] = []
    text = json.dumps(_tagged(value, blobs), separators=(",", ":")).encode()
    _check_size(text, sum(map(len, blobs)), limit)
    return b"".join([HEAD.pack(len(text)), text, *blobs])


def decode(frame: bytes, limit: FrameLimit = MESSAGES) -> Any:
    """The value of one frame; CannotPass if it is malformed or too large. Between two objects of the frame other threads of
    the hub can run."""
    try:
        (size,) = HEAD.unpack_from(frame)
        text, start = frame[HEAD.size : HEAD.size + size], HEAD.size + size
        _check_size(text, len(frame) - start, limit)
        return json.loads(text, object_hook=lambda tree: _plain(tree, frame, start))
    except CannotPass:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        ArithmeticError,
        struct.error,
    ) as error:
        raise CannotPass(f"it is malformed ({type(error).__name__})") from None


def _check_size(text: bytes, blobs: int, limit: FrameLimit) -> None:
    if len(text) > limit.json or blobs > limit.blobs:
        raise CannotPass(f"more than {limit.json:,} bytes, or {limit.blobs:,} of files")
    if text.count(b"[") + text.count(b"{") > MAX_CONTAINERS:
        raise CannotPass(f"more than {MAX_CONTAINERS:,} lists and objects")


def _tagged(value: Any, blobs: list[bytes]) -> object:
    if isinstance(value, Enum):
        return {TAG: "enum", "of": _address(type(value)), VALUE: value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        start = sum(map(len, blobs))
        blobs.append(bytes(value))
        return {TAG: "bytes", VALUE: [start, len(value)]}
    for kind, (tag, write, _) in TEXTS.items():
        if isinstance(value, kind):
            return {TAG: tag, VALUE: write(value)}
    if isinstance(value, AnyUrl):
        return str(value)
    if isinstance(value, list):
        return [_tagged(item, blobs) for item in value]
    for name, make in SEQUENCES.items():
        if isinstance(value, make):  # type: ignore[arg-type]
            return {TAG: name, VALUE: [_tagged(item, blobs) for item in value]}
    if isinstance(value, Mapping):
        return {TAG: "map", VALUE: [[_tagged(key, blobs), _tagged(item, blobs)] for key, item in value.items()]}
    if dataclasses.is_dataclass(value):
        kind = _contract_of(type(value))
        fields = [_tagged(getattr(value, name), blobs) for name in _names(kind)]
        return {TAG: "value", "of": _address(kind), VALUE: fields}
    raise CannotPass(f"{type(value).__name__} is not a value of hub.api")


def _plain(tree: dict[str, Any], frame: bytes, start: int) -> Any:
    """The value of one object, in which all other objects are values already; the bytes begin at `start`."""
    tag, held = tree[TAG], tree[VALUE]
    if tag == "bytes":
        begin, size = held
        if not 0 <= begin <= begin + size <= len(frame) - start:
            raise CannotPass("bytes in it are missing")
        return frame[start + begin : start + begin + size]
    if tag in READERS:
        if isinstance(held, str) and len(held) > MAX_TEXT_CHARACTERS and tag != "secret":
            raise CannotPass(f"a {tag} in it is too long")
        return READERS[tag](held)
    if tag in SEQUENCES:
        return SEQUENCES[tag](held)
    if tag == "map":
        return dict(held)
    kind = _contract_at(tree["of"])
    if tag == "enum":
        return kind(held)
    return _checker(kind).validate_python(dict(zip(_names(kind), held, strict=True)))


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind))


def _contract_of(kind: type) -> type:
    """The contract that a value's class is, or is derived from."""
    for each in kind.__mro__:
        if each.__module__.startswith(CONTRACTS) and dataclasses.is_dataclass(each):
            return each
    raise CannotPass(f"{kind.__name__} is not a value of hub.api")


def _address(kind: type) -> str:
    if not kind.__module__.startswith(CONTRACTS):
        raise CannotPass(f"{kind.__name__} is not a value of hub.api")
    return f"{kind.__module__}:{kind.__name__}"


@cache
def _contract_at(address: str) -> Any:
    """The contract or enum at an address. Nothing is imported for it."""
    module, _, name = address.partition(":")
    found = getattr(sys.modules.get(module), name, None) if module.startswith(CONTRACTS) else None
    allowed = isinstance(found, type) and found.__module__ == module
    if not allowed or not (dataclasses.is_dataclass(found) or issubclass(found, Enum)):  # type: ignore[arg-type]
        raise CannotPass(f"{address[:80]} is not a value of hub.api")
    return found


@cache
def _checker(kind: Any) -> TypeAdapter[object]:
    return TypeAdapter(kind)


class FrameSocket:
    """One end of a socket between the hub and a plugin host. A frame is its length in four bytes, then that many bytes. One
    thread reads at a time, and one sends."""

    def __init__(self, end: socket.socket) -> None:
        for option, seconds in ((socket.SO_SNDTIMEO, SEND_SECONDS), (socket.SO_RCVTIMEO, POLL_SECONDS)):
            end.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))
        self._socket = end
        self._read = bytearray()

    def send(self, frame: bytes) -> None:
        """Send one frame; OSError if the other side does not take it in time."""
        self._socket.sendall(HEAD.pack(len(frame)) + frame)

    def receive(self, limit: FrameLimit, still_wanted: Callable[[], None] = lambda: None) -> bytes:
        """The next frame. `still_wanted` is called while it is not whole, and raises to end the wait. EOFError at the end of
        the stream; CannotPass if the frame is too large."""
        (size,) = HEAD.unpack(self._take(HEAD.size, still_wanted))
        if size > HEAD.size + sum(limit):
            raise CannotPass("it is too large")
        return self._take(size, still_wanted)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _take(self, size: int, still_wanted: Callable[[], None]) -> bytes:
        while len(self._read) < size:
            try:
                part = self._socket.recv(READ_BYTES)
            except BlockingIOError:  # nothing came for POLL_SECONDS
                still_wanted()
                continue
            if not part:
                raise EOFError
            self._read += part
            if len(self._read) < size:
                still_wanted()
        taken = bytes(memoryview(self._read)[:size])
        del self._read[:size]
        return taken
