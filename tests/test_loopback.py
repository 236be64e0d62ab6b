"""A port of loopback for a server that cannot be given a socket."""

from __future__ import annotations

import socket

import pytest

from hub.platform import loopback
from hub.platform.loopback import HOST, free_port
from hub.serving.addresses import OPERATION_PORTS_ABOVE


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port that was given away, and the only one there is from now on."""
    given = free_port()
    monkeypatch.setattr(loopback, "PORTS", range(given, given + 2, 2))
    return given


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_server_of_either_protocol_can_take_the_port(port: int, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind((HOST, port))


def test_no_port_is_given_away_twice_even_before_a_server_listens_on_it(port: int) -> None:
    with pytest.raises(OSError, match=f"No port from {port} to {port + 1} is free"):
        free_port()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_uses_is_not_given_away(kind: socket.SocketKind, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, 0))
        number = taken.getsockname()[1]
        monkeypatch.setattr(loopback, "PORTS", range(number, number + 2, 2))
        with pytest.raises(OSError, match="is free"):
            free_port()


def test_no_port_is_one_that_a_system_gives_to_outgoing_connections() -> None:
    assert loopback.PORTS.stop <= 32_768


def test_no_port_is_the_one_on_which_a_hub_of_another_port_serves_its_operation() -> None:
    assert not {port + OPERATION_PORTS_ABOVE for port in loopback.PORTS} & set(loopback.PORTS)
