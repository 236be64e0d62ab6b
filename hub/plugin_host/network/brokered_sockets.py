"""The plugin's part of its network: Python's own socket class, whose connections the hub opens.

Ordinary libraries work unchanged: a name is not resolved here but handed to the hub as it is, and a socket is a placeholder
until it is connected. Then its descriptor becomes the connection that the hub opened. This module is a convenience, not a
wall: a plugin that undoes it can open no socket at all.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import itertools
import os
import socket
import struct
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from ipaddress import ip_address
from typing import Any

from hub.plugin_host.network.frames import REPLY, Reply, Request

MAX_SECONDS = 20.0
"""A plugin that sets no time-out waits so long for a connection."""
FAMILIES = (socket.AF_INET, socket.AF_INET6)
FLAGS = socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC if hasattr(socket, "SOCK_NONBLOCK") else 0
TCP_ONLY = "a plugin may open TCP connections to its declared hosts, and no other sockets"


class HostRefused(PermissionError):
    """The hub opens no connection to this host."""


class Broker:
    """Asks the hub for connections; any number of threads at the same time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[int]] = {}
        self._ended = False
        threading.Thread(target=self._read, name="network", daemon=True).start()

    def connect(self, host: str, port: int, seconds: float) -> int:
        """The descriptor of a connection; OSError says why there is none, HostRefused if a rule forbids it."""
        number, future = next(self._numbers) % 2**32, Future[int]()
        try:
            frame = Request(number, int(seconds * 1000), port, host).frame()
        except ValueError as error:
            raise OSError(errno.EINVAL, str(error)) from None
        with self._lock:
            if self._ended:
                raise _gone()
            self._waiting[number] = future
        with self._sending, contextlib.suppress(OSError):  # then the reader ends, and this request with it
            self._channel.sendall(frame)
        try:
            return future.result(seconds)
        except FutureTimeout:
            with self._lock:
                in_time = self._waiting.pop(number, None) is None
            if in_time:
                return future.result()
            raise TimeoutError("timed out") from None

    def _read(self) -> None:
        with contextlib.suppress(OSError, struct.error):
            while True:
                frame, descriptors, _, _ = socket.recv_fds(self._channel, REPLY.size, 1)
                reply = Reply.read(frame)
                with self._lock:
                    future = self._waiting.pop(reply.number, None)
                if future is None:
                    for each in descriptors:
                        os.close(each)
                elif descriptors:
                    future.set_result(descriptors[0])
                else:
                    kind = HostRefused if reply.refused else OSError
                    future.set_exception(kind(reply.errno, reply.text))
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(_gone())


def _gone() -> OSError:
    return ConnectionAbortedError(errno.ECONNABORTED, "the hub opens no more connections for this plugin")


def install(broker: Broker | None) -> None:
    """From now on sockets connect through the hub; without a broker they connect to nothing."""
    _installed.append(broker)
    for name, function in REPLACED.items():
        setattr(socket.socket, name, function)
    socket.getaddrinfo = unresolved  # type: ignore[assignment]
    socket.gethostbyname = _text


_installed: list[Broker | None] = []
_begin, _connect_itself, _set_option, _peer = (
    getattr(socket.socket, name) for name in ("__init__", "connect", "setsockopt", "getpeername")
)
_early_options: dict[int, list[tuple[Any, ...]]] = {}
"""Options that were set before connecting, by descriptor."""


def _is_placeholder(sock: socket.socket) -> bool:
    return sock.family in FAMILIES and not isinstance(sock.getsockname(), tuple)


def _new(self: socket.socket, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:
    if fileno is None:
        family = socket.AF_INET if family == -1 else family
        type = socket.SOCK_STREAM if type == -1 else type
        if family not in FAMILIES or type & ~FLAGS != socket.SOCK_STREAM:
            raise _not_tcp()
        near, far = _socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        far.close()
        proto, fileno = max(proto, 0), near.detach()
        _early_options[fileno] = []
    _begin(self, family, type, proto, fileno)


def _connect(self: socket.socket, address: Any) -> None:
    if not _is_placeholder(self):
        _connect_itself(self, address)
        return
    broker = _installed[-1]
    if broker is None:
        raise HostRefused(errno.EACCES, "a plugin has no network while the hub looks at it")
    connection = broker.connect(_text(address[0]), int(address[1]), self.gettimeout() or MAX_SECONDS)
    try:
        os.dup2(connection, self.fileno(), inheritable=False)
    finally:
        os.close(connection)
    self.settimeout(self.gettimeout())
    for option in _early_options.pop(self.fileno(), ()):
        with contextlib.suppress(OSError):
            _set_option(self, *option)


def _connect_ex(self: socket.socket, address: Any) -> int:
    try:
        self.connect(address)
    except OSError as error:
        return error.errno or errno.ETIMEDOUT
    return 0


def _setsockopt(self: socket.socket, *option: Any) -> None:
    if _is_placeholder(self):
        _early_options.setdefault(self.fileno(), []).append(option)
    else:
        _set_option(self, *option)


def _getpeername(self: socket.socket) -> Any:
    if _is_placeholder(self):
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
    return _peer(self)


def _bind(self: socket.socket, address: Any) -> None:
    raise _not_tcp()


def _not_tcp() -> OSError:
    return PermissionError(errno.EACCES, TCP_ONLY)


REPLACED = {
    "__init__": _new,
    "connect": _connect,
    "connect_ex": _connect_ex,
    "setsockopt": _setsockopt,
    "getpeername": _getpeername,
    "bind": _bind,
}


def unresolved(
    host: str | bytes | None,
    port: str | bytes | int | None,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[int, int, int, str, tuple[Any, ...]]]:
    """Like socket.getaddrinfo, but the address of a name is the name itself: the hub resolves it when it connects."""
    name, number = _text(host or "localhost"), _port(port)
    if flags & socket.AI_NUMERICHOST and not _is_address(name):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    found = family or (socket.AF_INET6 if ":" in name else socket.AF_INET)
    place = (name, number, 0, 0) if found == socket.AF_INET6 else (name, number)
    return [(found, type or socket.SOCK_STREAM, proto or socket.IPPROTO_TCP, "", place)]


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def _port(port: str | bytes | int | None) -> int:
    text = port.decode() if isinstance(port, bytes) else port or 0
    return int(text) if isinstance(text, int) or text.isdecimal() else socket.getservbyname(text)


def _text(host: str | bytes | bytearray) -> str:
    return host.decode("ascii") if isinstance(host, bytes | bytearray) else host
