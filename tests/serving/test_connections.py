"""Slow, large and many requests from strangers end; those of carriers and users get through."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from event_loops import in_a_thread

import hub.serving.connections as connections
from hub.serving.connections import ConnectionLimits, Connections
from hub.serving.http_server import MAX_HEADER_BYTES, edge_settings
from hub.web.edge_rules import EdgeRules

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was; `/stream` sends for a second."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        for _ in range(5):
            await send({"type": "http.response.body", "body": b"data: x\n\n", "more_body": True})
            await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A server that waits 0.8 s for a request and has at most 6 connections."""
    patch = pytest.MonkeyPatch()
    patch.setattr(connections, "REQUEST_SECONDS", 0.8)
    patch.setattr(connections, "SWEEP_SECONDS", 0.05)
    patch.setattr(connections, "MAX_CONNECTIONS", 6)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(edge_settings(EdgeRules(application, "https://calls.example.com"), "127.0.0.1:0"))
    server.config.lifespan = "off"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    patch.undo()


def whole_answer(wire: socket.socket) -> bytes:
    """What the server sends until it closes."""
    wire.settimeout(10)
    answer = b""
    try:
        while more := wire.recv(65_536):
            answer += more
    except ConnectionResetError:
        pass
    return answer


def one_answer(wire: socket.socket) -> bytes:
    """The next answer on a connection that stays open."""
    answer = b""
    while not answer.endswith(b"0\r\n\r\n"):
        answer += wire.recv(65_536)
    return answer


def asked(address: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(address) as wire:
        wire.sendall(request)
        return whole_answer(wire)


CLOSING = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def test_a_request_that_does_not_arrive_in_time_is_ended_and_a_connection_without_one_closed_silently(
    address: tuple[str, int],
) -> None:
    begun = [b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", POST % 100 + b"part of the body", b""]
    with ThreadPoolExecutor(len(begun)) as pool:
        *ended, silent = pool.map(lambda sent: asked(address, sent), begun)
    assert [answer[:13] for answer in ended] == [b"HTTP/1.1 408 "] * 3
    assert silent == b""


def test_a_second_request_has_its_own_time_and_an_answered_connection_may_rest(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as wire:
        wire.sendall(GET)
        assert one_answer(wire).startswith(b"HTTP/1.1 200 ")
        time.sleep(1.0)
        wire.sendall(GET)
        assert one_answer(wire).startswith(b"HTTP/1.1 200 ")
        wire.sendall(b"GET")
        assert b"HTTP/1.1 408 " in whole_answer(wire)


def test_a_large_upload_may_take_longer_if_it_goes_on_and_so_may_a_stream(address: tuple[str, int]) -> None:
    with ThreadPoolExecutor(1) as pool, socket.create_connection(address) as wire:
        stream = pool.submit(asked, address, CLOSING.replace(b"/ ", b"/stream ", 1))
        wire.sendall(POST % 50_000)
        for _ in range(10):
            wire.sendall(b"x" * 5_000)
            time.sleep(0.1)
        wire.shutdown(socket.SHUT_WR)
        assert b"50000" in whole_answer(wire)
        assert stream.result().count(b"data: x") == 5


def test_headers_without_end_are_refused(address: tuple[str, int]) -> None:
    endless = b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * (MAX_HEADER_BYTES // 8 + 2_000)
    assert asked(address, endless).startswith((b"HTTP/1.1 431 ", b""))
    assert asked(address, CLOSING).startswith(b"HTTP/1.1 200 ")


def test_when_there_are_too_many_connections_the_oldest_incomplete_one_makes_place(address: tuple[str, int]) -> None:
    slow = [socket.create_connection(address) for _ in range(30)]
    for wire in slow:
        wire.sendall(b"GET / HT")
    try:
        assert asked(address, CLOSING).startswith(b"HTTP/1.1 200 ")
        assert whole_answer(slow[0]) == b"", "closed at once, without an answer"
    finally:
        for wire in slow:
            wire.close()


def test_every_answer_forbids_to_guess_types_and_names_no_software(address: tuple[str, int]) -> None:
    answer = asked(address, CLOSING).lower()
    assert b"x-content-type-options: nosniff" in answer and b"strict-transport-security: max-age=" in answer
    assert b"server:" not in answer
    large = asked(address, POST % 20_000_000).lower()
    assert large.startswith(b"http/1.1 413 ") and b"nosniff" in large


class FakeConnection:
    """A connection that only notes that it was closed."""

    def __init__(self, peer: str) -> None:
        self.peer, self.arrived, self.was_cut = peer, 0, False

    def waits_for_us(self) -> bool:
        return False

    def late(self) -> None:
        self.was_cut = True

    def cut(self) -> None:
        self.was_cut = True


def in_a_loop(limits: ConnectionLimits, *peers: str) -> tuple[Connections, list[FakeConnection]]:
    async def opened() -> tuple[Connections, list[FakeConnection]]:
        all_open = Connections(limits, lambda peer: peer == "203.0.114.9")
        made = [FakeConnection(peer) for peer in peers]
        for each in made:
            all_open.opened(each)
        return all_open, made

    return in_a_thread(opened())


def test_one_address_has_at_most_its_share_unless_it_is_a_trusted_proxy_or_private() -> None:
    limits = ConnectionLimits(per_peer=2)
    for peer, cut in (("198.52.100.7", [True, False, False]), ("203.0.114.9", [False] * 3), ("10.0.0.1", [False] * 3)):
        _, made = in_a_loop(limits, peer, peer, peer)
        assert [each.was_cut for each in made] == cut, peer


def test_the_largest_incomplete_request_ends_when_too_many_bytes_arrive() -> None:
    all_open, (large, small) = in_a_loop(ConnectionLimits(arriving_bytes=1_000), "a", "b")
    all_open.received(large, 900)
    all_open.received(small, 200)
    assert (large.was_cut, small.was_cut) == (True, False)
    all_open.complete(small)
    all_open.received(small, 10_000)
    assert not small.was_cut, "its request is complete"
