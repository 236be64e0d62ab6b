"""A simulated provider on loopback answers from its start until it is stopped, and holds nobody up."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from hub.contracts.faults import Fault
from hub.contracts.sandbox import HttpSandbox


class Provider(HttpSandbox):
    """Answers each request."""

    served = 0

    def app(self) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            self.served += 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"here"})

        return answer


def test_it_answers_with_the_date_until_it_is_stopped_and_can_be_started_again() -> None:
    provider = Provider()
    for _ in range(2):
        with provider, httpx2.Client(trust_env=False) as client:
            reply = client.get(provider.url)
            assert reply.text == "here" and "GMT" in reply.headers["date"]
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(provider.url, trust_env=False)


def test_an_encoded_slash_in_a_path_is_no_address_of_the_provider() -> None:
    """Source: Apache's documentation, AllowEncodedSlashes: 404 unless the server is told otherwise."""
    with Provider() as provider, httpx2.Client(trust_env=False) as client:
        assert client.get(f"{provider.url}/records/Contacts/1").status_code == 200
        refused = client.get(f"{provider.url}/records/Contacts%2F1")
        assert refused.status_code == 404 and "encoded slash" in refused.json()["error"]


def test_a_reply_that_never_comes_does_not_hold_up_its_end() -> None:
    with ThreadPoolExecutor(1) as pool, Provider() as provider:
        provider.fail_next(Fault("hang", seconds=3_600))
        with provider.listening() as heard:
            waiting = pool.submit(httpx2.get, provider.url, timeout=None, trust_env=False)
            while not heard:
                assert not waiting.done()
        provider.stop()
        assert not provider._thread.is_alive()
        assert waiting.exception() is not None or waiting.result().status_code == 504


def test_a_request_that_hangs_ends_when_its_client_hangs_up() -> None:
    with Provider() as provider:
        provider.fail_next(Fault("hang", seconds=3_600))
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(provider.url, content=b"a body", timeout=0.1, trust_env=False)
        under_way = provider._server.server_state.tasks
        while under_way:
            assert provider._thread.is_alive()


def test_a_reply_that_is_lost_ends_the_connection_at_once_after_the_request_was_carried_out() -> None:
    with Provider() as provider, httpx2.Client(timeout=None, trust_env=False) as client:
        for _ in range(2):
            provider.fail_next(Fault("taken"))
            with pytest.raises(httpx2.RemoteProtocolError):
                client.post(provider.url, content=b"a body")
            assert client.get(provider.url).text == "here"
    assert provider.served == 4


def test_a_reply_is_lost_only_after_the_whole_request_has_arrived() -> None:
    """However slowly its body follows its head. A connection that ends before that is reset, and not every request is."""
    with Provider() as provider:
        provider.fail_next(Fault("taken"))
        address = provider.url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as client:
            client.sendall(b"POST / HTTP/1.1\r\nhost: provider\r\ncontent-length: 6\r\n\r\n")
            for _ in range(2):  # the stand-in has begun with the request
                assert httpx2.get(provider.url, trust_env=False).text == "here"
            with pytest.raises(BlockingIOError):
                client.recv(1, socket.MSG_DONTWAIT)
            client.sendall(b"a body")
            assert client.recv(1) == b""
    assert provider.served == 3


def test_what_a_client_waits_for_no_more_is_noted_before_it_is_counted() -> None:
    """However late the stand-in comes to a request: the client sends it and hangs up before the stand-in may look."""
    with Provider() as provider:
        address = provider.url.removeprefix("http://").split(":")
        blocked, go_on = threading.Event(), threading.Event()
        provider._server._loop.call_soon_threadsafe(lambda: (blocked.set(), go_on.wait()))
        blocked.wait()
        with provider.listening() as requests:
            with socket.create_connection((address[0], int(address[1]))) as client:
                client.sendall(b"POST / HTTP/1.1\r\nhost: provider\r\ncontent-length: 2\r\n\r\nok")
            go_on.set()
            provider.settle()
        assert [request.text for request in requests] == ["ok"]
