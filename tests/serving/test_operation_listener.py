"""Metrics and the details of health are on an address of their own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx2
import pytest
from testbed import TestHub

from hub.errors import ConfigError
from hub.serving.addresses import OPERATION_PORTS_ABOVE, address_of, operation_listener
from hub.serving.http_server import MAX_OPERATION_CONNECTIONS, serving_operation


@pytest.fixture
def taken() -> Iterator[int]:
    """A port in use that is high enough to be the default of another one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_default_address_is_on_loopback_and_a_taken_one_does_not_stop_the_hub(taken: int) -> None:
    assert operation_listener(None, f"0.0.0.0:{taken - OPERATION_PORTS_ABOVE}") is None
    with pytest.raises(ConfigError, match=r"hub.operation_listen: .* already in use"):
        operation_listener(f"127.0.0.1:{taken}", "127.0.0.1:8080")
    assert operation_listener(None, "127.0.0.1:65000") is None, "there is no port that far above"


def test_details_and_metrics_are_answered_there_by_the_current_hub(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    stage.hub.liveness.expect_turns("flow")
    listener = operation_listener("127.0.0.1:0", "127.0.0.1:8080")
    address = address_of(listener)
    with serving_operation(listener, lambda: stage.hub), httpx2.Client(base_url=f"http://{address}") as client:
        ready = client.get("/readyz")
        assert "flow" in ready.json()["threads"] and ready.headers["x-content-type-options"] == "nosniff"
        assert "ringfence_queue_size" in client.get("/metrics").text
        assert client.get("/").status_code == 404


def test_connections_that_say_nothing_leave_it_to_whoever_watches(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    listener = operation_listener("127.0.0.1:0", "127.0.0.1:8080")
    assert listener is not None
    with ExitStack() as stack:
        stack.enter_context(serving_operation(listener, lambda: stage.hub))
        silent = [
            stack.enter_context(socket.create_connection(listener.getsockname()))
            for _ in range(MAX_OPERATION_CONNECTIONS)
        ]
        assert httpx2.get(f"http://{address_of(listener)}/healthz").status_code == 200
        silent[0].settimeout(10)
        with suppress(ConnectionResetError):
            assert silent[0].recv(1) == b"", "the oldest one was closed for it"
