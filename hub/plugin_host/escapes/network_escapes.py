"""Escapes to the network: hosts that no manifest declares, by every kind of socket and by libraries of the lock files."""

from __future__ import annotations

import _socket
import asyncio
import importlib
import socket
import urllib.request
from typing import Any

from hub.plugin_host.escapes.native import libc
from hub.plugin_host.escapes.table import NotHere, Targets, escape

HOST = "127.0.0.1"
SECONDS = 2.0
MSG_FASTOPEN = 0x20000000
AF_VSOCK, AF_BLUETOOTH, AF_ALG, AF_PACKET, AF_NETLINK = 40, 31, 38, 17, 16


def _plain(family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> _socket.socket:
    """A socket of the kernel; those of Python's module `socket` are connected by the hub."""
    made = _socket.socket(family, kind, protocol)
    made.settimeout(SECONDS)
    return made


@escape("connect to an undeclared host")
def _connect(targets: Targets) -> object:
    _plain().connect((HOST, targets.tcp_port))
    return True


@escape("connect with the C library")
def _c_connect(targets: Targets) -> object:
    address = (
        socket.AF_INET.to_bytes(2, "little") + targets.tcp_port.to_bytes(2, "big") + socket.inet_aton(HOST) + bytes(8)
    )
    return libc("connect", libc("socket", socket.AF_INET, socket.SOCK_STREAM, 0), address, 16) == 0


@escape("connect with Python's own socket")
def _create_connection(targets: Targets) -> object:
    return socket.create_connection((HOST, targets.tcp_port), SECONDS)


@escape("connect over IPv6 to an IPv4 host")
def _mapped(targets: Targets) -> object:
    _plain(socket.AF_INET6).connect((f"::ffff:{HOST}", targets.tcp_port))
    return True


@escape("connect by sending with fast open")
def _fast_open(targets: Targets) -> object:
    try:
        return _plain().sendto(b"x", MSG_FASTOPEN, (HOST, targets.tcp_port))
    except BlockingIOError:
        return "it is connecting"


@escape("send a datagram")
def _udp(targets: Targets) -> object:
    return _plain(kind=socket.SOCK_DGRAM).sendto(b"secret", (HOST, targets.udp_port))


@escape("send data out in the name of a DNS question")
def _dns(targets: Targets) -> object:
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0\x06secret\x07example\0\0\1\0\1"
    sending = _plain(kind=socket.SOCK_DGRAM)
    sending.connect((HOST, targets.udp_port))
    return sending.send(question)


@escape("send data out by looking up a name")
def _look_up(targets: Targets) -> object:
    return _socket.getaddrinfo("localhost", 80)


@escape("wait for connections")
def _listen(targets: Targets) -> object:
    server = _plain()
    server.bind((HOST, 0))
    server.listen()
    return server.getsockname()


@escape("receive datagrams")
def _bind_udp(targets: Targets) -> object:
    server = _plain(kind=socket.SOCK_DGRAM)
    server.bind((HOST, 0))
    return server.getsockname()


@escape("send raw packets")
def _raw(targets: Targets) -> object:
    return _plain(kind=socket.SOCK_RAW, protocol=1)


@escape("read the packets of the machine")
def _packets(targets: Targets) -> object:
    return _plain(AF_PACKET, socket.SOCK_RAW, 0x0300)


@escape("ask the kernel about the network by netlink")
def _netlink(targets: Targets) -> object:
    return _plain(AF_NETLINK, socket.SOCK_RAW)


@escape("reach the host of a virtual machine by vsock")
def _vsock(targets: Targets) -> object:
    return _optional(AF_VSOCK, socket.SOCK_STREAM)


@escape("use the kernel's ciphers by a socket")
def _alg(targets: Targets) -> object:
    return _optional(AF_ALG, socket.SOCK_SEQPACKET)


@escape("use bluetooth")
def _bluetooth(targets: Targets) -> object:
    return _optional(AF_BLUETOOTH, socket.SOCK_RAW)


def _optional(family: int, kind: int) -> object:
    try:
        return _plain(family, kind)
    except OSError as error:
        if "not supported" in str(error):
            raise NotHere(str(error)) from None
        raise


@escape("connect to a Unix socket of the machine")
def _unix(targets: Targets) -> object:
    _plain(socket.AF_UNIX).connect(targets.unix_address)
    return True


@escape("connect to a Unix socket without a file")
def _abstract(targets: Targets) -> object:
    _plain(socket.AF_UNIX).connect(f"\0{targets.abstract_address}")
    return True


@escape("send to a Unix socket with a pair of datagram sockets")
def _abstract_datagram(targets: Targets) -> object:
    ours, _ = _socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return ours.sendto(b"x", f"\0{targets.abstract_address}-datagram")


@escape("connect with asyncio")
def _asyncio(targets: Targets) -> object:
    return asyncio.run(_opened(targets))


@escape("connect with uvloop, whose C library makes sockets itself")
def _uvloop(targets: Targets) -> object:
    with asyncio.Runner(loop_factory=_library("uvloop").new_event_loop) as runner:
        return runner.run(_opened(targets))


async def _opened(targets: Targets) -> object:
    async with asyncio.timeout(SECONDS):
        await asyncio.open_connection(HOST, targets.tcp_port)
    return True


@escape("fetch a page with urllib")
def _urllib(targets: Targets) -> object:
    with urllib.request.urlopen(_address(targets), timeout=SECONDS) as answer:
        return answer.status


@escape("fetch a page with httpx2")
def _httpx(targets: Targets) -> object:
    return _library("httpx2").get(_address(targets), trust_env=False, timeout=SECONDS).status_code


@escape("fetch a page with requests")
def _requests(targets: Targets) -> object:
    return _library("requests").get(_address(targets), timeout=SECONDS).status_code


@escape("connect with gRPC, whose C++ library makes sockets itself")
def _grpc(targets: Targets) -> object:
    grpc = _library("grpc")
    with grpc.insecure_channel(f"{HOST}:{targets.tcp_port}") as channel:
        try:
            channel.unary_unary("/plugin/Escape")(b"", timeout=SECONDS)
        except grpc.RpcError as error:
            if "not permitted" in (details := str(error.details())):
                raise PermissionError(details) from None
            return f"the server answered: {details}"
    return True


def _address(targets: Targets) -> str:
    return f"http://{HOST}:{targets.tcp_port}/page.xml"


def _library(name: str) -> Any:
    return importlib.import_module(name)
