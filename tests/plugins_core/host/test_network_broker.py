"""The hub opens a plugin's connections: to declared hosts whose addresses it has checked, and whatever the plugin sends."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.plugin_host.network import broker
from hub.plugin_host.network import broker as broker_module
from hub.plugin_host.network.broker import MAX_CONNECTING, MAX_WAITING, NetworkBroker
from hub.plugin_host.network.brokered_sockets import Broker, HostRefused
from hub.plugin_host.network.frames import REQUEST, Reply, Request
from hub.plugin_host.network.reachable_hosts import ReachableHosts

PUBLIC = "93.184.215.14"
NAME = "crm.example.com"
LONG = 30.0


class Stage:
    """The two ends of one plugin's network, with a resolver of the test's own."""

    def __init__(self, port: int = 443, **options: object) -> None:
        self.addresses: Sequence[str] = ["127.0.0.1"]
        self.port = port
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.broken: list[str] = []
        ours, self.theirs = socket.socketpair()
        hosts = {"declared": frozenset({(NAME, port)}), "private": (NAME,), **options}
        self.reachable = ReachableHosts("crm", refused=self.refused.append, **hosts)  # type: ignore[arg-type]
        self.broker = NetworkBroker(self.reachable, ours, self.broken.append, self.resolve)
        self.thread = threading.Thread(target=self.broker.serve, daemon=True)
        self.thread.start()

    def resolve(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        self.asked.append(host)
        return [(each, port) for each in self.addresses]

    def connect(self, host: str = NAME, port: int = 0, seconds: float = LONG) -> socket.socket:
        return socket.socket(fileno=self.plugin.connect(host, port or self.port, seconds))

    @cached_property
    def plugin(self) -> Broker:
        """The plugin's end; without it a test reads the channel itself."""
        return Broker(self.theirs)

    def close(self) -> None:
        self.broker.close()
        self.thread.join(LONG)
        self.theirs.close()


@pytest.fixture
def stages() -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(**options: object) -> Stage:
        made.append(Stage(**options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=200) as made:
        made.settimeout(LONG)
        yield made


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


# What is connected


def test_a_declared_host_is_connected_to_the_address_that_was_checked(
    stages: Callable[..., Stage], listener: socket.socket
) -> None:
    stage = stages(port=port_of(listener))
    with stage.connect() as connection, listener.accept()[0] as other:
        other.sendall(b"hello")
        assert connection.recv(5) == b"hello"
    assert stage.asked == [NAME], "a name is resolved once, so it cannot change between check and use"
    assert stage.refused == []


@pytest.mark.parametrize(("host", "port"), [("evil.example", 443), (NAME, 80), (f"x.{NAME}", 443), (PUBLIC, 443)])
def test_a_host_or_port_that_is_not_declared_is_refused_and_counted(
    stages: Callable[..., Stage], host: str, port: int
) -> None:
    stage = stages()
    with pytest.raises(HostRefused, match="does not declare"):
        stage.connect(host, port)
    assert stage.refused == [f"{host}:{port}" if host == NAME else host]
    assert stage.asked == [], "its name is not even looked up"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "fd00:ec2::254", "10.0.0.8", "::1", "::ffff:127.0.0.1", "fe80::1", "0.0.0.0"],
)
def test_a_declared_name_that_leads_inside_is_refused_and_counted(stages: Callable[..., Stage], address: str) -> None:
    stage = stages(private=(), loopback=True)
    stage.addresses = [PUBLIC, address]
    with pytest.raises(HostRefused, match="private network"):
        stage.connect()
    assert stage.refused == [NAME]


def test_this_machine_is_reached_only_as_a_stand_in_or_a_listed_host(
    stages: Callable[..., Stage], listener: socket.socket
) -> None:
    port = port_of(listener)
    declared = {"port": port, "declared": frozenset({("127.0.0.1", port)})}
    with pytest.raises(HostRefused, match="private network"):
        stages(**declared, private=()).connect("127.0.0.1")
    for allowed in ({"private": (), "loopback": True}, {"private": ("127.0.0.1",)}):
        stages(**declared, **allowed).connect("127.0.0.1").close()


def test_what_cannot_be_connected_is_an_ordinary_error(stages: Callable[..., Stage], listener: socket.socket) -> None:
    port = port_of(listener)
    listener.close()
    stage = stages(port=port)
    with pytest.raises(ConnectionRefusedError):
        stage.connect()
    for host, wrong in (("", port), ("x" * 300, port), (NAME, 70_000), ("ö" * 80, port)):
        with pytest.raises(OSError, match="Errno 22"):
            stage.connect(host, wrong)
    assert stage.broken == []


# What a plugin cannot do to the hub


@pytest.mark.parametrize(
    "frame",
    [
        REQUEST.pack(1, 1, 443, b""),
        REQUEST.pack(1, 1, 0, NAME.encode()),
        REQUEST.pack(1, 1, 443, b"\xff\xfe"),
        REQUEST.pack(1, 1, 443, b"a\nb"),
        b"\0" * 1_000_000,
    ],
)
def test_a_malformed_request_ends_the_channel_and_nothing_else(stages: Callable[..., Stage], frame: bytes) -> None:
    stage = stages()
    stage.theirs.settimeout(LONG)
    with contextlib.suppress(ConnectionError):
        stage.theirs.sendall(frame)
    stage.thread.join(LONG)
    assert not stage.thread.is_alive()
    assert len(stage.broken) == 1 and "no request" in stage.broken[0]


def test_a_request_that_never_ends_keeps_only_its_own_broker_waiting(
    stages: Callable[..., Stage], listener: socket.socket
) -> None:
    slow, other = stages(), stages(port=port_of(listener))
    slow.theirs.sendall(REQUEST.pack(1, 1, 443, NAME.encode())[:-1])
    other.connect().close()
    slow.broker.close()
    slow.thread.join(LONG)
    assert not slow.thread.is_alive() and slow.broken == []


def test_a_plugin_opens_a_limited_number_of_connections_at_once(stages: Callable[..., Stage]) -> None:
    stage, go, lock = stages(), threading.Event(), threading.Lock()
    busy, most = 0, 0

    def resolve(host: str, port: int) -> Sequence[tuple[str, int]]:
        nonlocal busy, most
        with lock:
            busy, most = busy + 1, max(most, busy + 1)
        go.wait(LONG)
        with lock:
            busy -= 1
        return [("10.0.0.1", port)]

    stage.broker._connections._resolve = resolve
    object.__setattr__(stage.reachable, "private", ())
    stage.theirs.settimeout(LONG)
    for number in range(MAX_WAITING + 5):
        stage.theirs.sendall(Request(number, 1_000, 443, NAME).frame())
    first = [Reply.read(stage.theirs.recv(len(Reply(0).frame()), socket.MSG_WAITALL)) for _ in range(5)]
    assert {each.number for each in first} == set(range(MAX_WAITING, MAX_WAITING + 5))
    assert all(each.refused and "too many" in each.text for each in first)
    go.set()
    rest = [Reply.read(stage.theirs.recv(len(Reply(0).frame()), socket.MSG_WAITALL)) for _ in range(MAX_WAITING)]
    assert {each.number for each in rest} == set(range(MAX_WAITING))
    assert most <= MAX_CONNECTING


def test_a_plugin_opens_a_limited_number_of_connections_in_a_time(
    stages: Callable[..., Stage], listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "CONNECTS", (3.0, 0.0))
    stage = stages(port=port_of(listener))
    for _ in range(3):
        stage.connect().close()
    for _ in range(2):
        with pytest.raises(HostRefused, match="opens too many connections"):
            stage.connect()
    assert len(stage.asked) == 3


def test_connections_are_opened_beside_each_other(stages: Callable[..., Stage], listener: socket.socket) -> None:
    stage, together = stages(port=port_of(listener)), threading.Barrier(8)

    def resolve(host: str, port: int) -> Sequence[tuple[str, int]]:
        together.wait(LONG)
        return [("127.0.0.1", port)]

    stage.broker._connections._resolve = resolve
    plugin = stage.plugin
    with ThreadPoolExecutor(8) as pool:
        for descriptor in pool.map(lambda _: plugin.connect(NAME, stage.port, LONG), range(8)):
            os.close(descriptor)


def test_a_connection_that_comes_too_late_is_closed(stages: Callable[..., Stage], listener: socket.socket) -> None:
    stage, go = stages(port=port_of(listener)), threading.Event()

    def resolve(host: str, port: int) -> Sequence[tuple[str, int]]:
        go.wait(LONG)
        return [("127.0.0.1", port)]

    stage.broker._connections._resolve = resolve
    with pytest.raises(TimeoutError):
        stage.connect(seconds=0.01)
    go.set()
    with listener.accept()[0] as other:
        other.settimeout(LONG)
        assert other.recv(1) == b""


def test_a_plugin_that_takes_no_connections_gets_no_more(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "SEND_SECONDS", 0.05)
    before = descriptors()
    stage = Stage(port=port_of(listener))
    with contextlib.suppress(ConnectionError):
        for number in range(10_000):
            stage.theirs.sendall(Request(number, 1_000, port_of(listener), NAME).frame())
    stage.thread.join(LONG)
    assert not stage.thread.is_alive()
    stage.close()
    assert_no_more_descriptors(before)


def test_after_the_channel_has_ended_there_are_no_connections(stages: Callable[..., Stage]) -> None:
    stage, go = stages(), threading.Event()
    stage.broker._connections._resolve = lambda host, port: go.wait(LONG) and []  # type: ignore[assignment, return-value]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stage.connect)
        while not stage.plugin._waiting:
            time.sleep(0.001)
        stage.broker.close()
        with pytest.raises(ConnectionAbortedError):
            waiting.result(LONG)
    with pytest.raises(OSError, match="no more connections"):
        stage.connect()
    go.set()


def test_no_descriptor_is_left_behind(listener: socket.socket) -> None:
    before = descriptors()
    stage = Stage(port=port_of(listener))
    for _ in range(40):
        with stage.connect(), listener.accept()[0]:
            pass
        with pytest.raises(HostRefused):
            stage.connect("evil.example")
    stage.close()
    assert_no_more_descriptors(before)


@given(st.binary(min_size=REQUEST.size, max_size=REQUEST.size))
def test_whatever_bytes_come_are_a_request_or_refused(frame: bytes) -> None:
    try:
        request = Request.read(frame)
    except ValueError:
        return
    assert 0 < len(request.host) <= 253 and 0 < request.port < 65_536


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def assert_no_more_descriptors(before: int) -> None:
    end = time.monotonic() + LONG
    while descriptors() > before and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    assert descriptors() <= before
