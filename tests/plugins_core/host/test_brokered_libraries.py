"""Ordinary libraries connect from a confined process through the hub without a change; other sockets are refused."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from tls_server import serving_tls

from hub.plugin_host.network.broker import NetworkBroker
from hub.plugin_host.network.reachable_hosts import ReachableHosts

NAME = "crm.example.com"
SENTENCE = "a plugin may open TCP connections to its declared hosts, and no other sockets"
CLIENT = """
    import asyncio, http.client, json, socket, ssl, sys, urllib.request
    from pathlib import Path
    from hub.plugin_host.host.confinement import confine
    from hub.plugin_host.host.messages import Origin

    descriptor, port, certificate = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    folder = Path(certificate).parent
    confine(Origin(file=folder / "plugin.py"), str(folder), lambda *note: None, socket.socket(fileno=descriptor))
    name = "crm.example.com"
    trust = ssl.create_default_context(cafile=certificate)
    url = f"https://{name}:{port}"

    def with_http_client():
        connection = http.client.HTTPSConnection(name, port, context=trust, timeout=20)
        connection.request("GET", "/http.client")
        return connection.getresponse().read().decode()

    def with_urllib():
        with urllib.request.urlopen(url + "/urllib", context=trust) as reply:
            return reply.read().decode()

    def with_httpx():
        import httpx2
        with httpx2.Client(verify=trust) as client:
            return client.get(url + "/httpx2").text + client.get(url + "/again").text

    def with_async_httpx():
        import httpx2
        async def ask():
            async with httpx2.AsyncClient(verify=trust) as client:
                return (await client.get(url + "/async")).text
        return asyncio.run(ask())

    def with_requests():
        import requests
        with requests.Session() as session:
            return session.get(url + "/requests", verify=certificate, timeout=20).text

    def with_aiohttp():
        import aiohttp
        async def ask():
            async with aiohttp.ClientSession() as session:
                async with session.get(url + "/aiohttp", ssl=trust) as reply:
                    return await reply.text()
        return asyncio.run(ask())

    def with_asyncio():
        async def ask():
            reader, writer = await asyncio.open_connection(name, port, ssl=trust)
            writer.write(b"GET /asyncio HTTP/1.0\\r\\n\\r\\n")
            text = await reader.read()
            writer.close()
            return text.decode().partition("\\r\\n\\r\\n")[2]
        return asyncio.run(ask())

    def tls_before_connecting():
        with trust.wrap_socket(socket.socket(), server_hostname=name) as sock:
            assert sock.version() is None
            sock.settimeout(20)
            sock.connect((name, port))
            sock.sendall(b"GET /early HTTP/1.0\\r\\n\\r\\n")
            return b"".join(iter(lambda: sock.recv(999), b"")).decode().partition("\\r\\n\\r\\n")[2]

    def options():
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert sock.connect_ex((name, port)) == 0
        return [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), sock.getpeername()[1] == port, sock.gettimeout()]

    def undeclared():
        with urllib.request.urlopen("https://evil.example/") as reply:
            return reply.read()

    def own_services():
        from hub.plugin_host.http_client import lazy_client
        return lazy_client("crm", None)().get("https://evil.example/").text

    def by_number():
        return socket.create_connection(("127.0.0.1", port), 1)

    def udp():
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def unix():
        return socket.socket(socket.AF_UNIX)

    def raw():
        return socket.socket(socket.AF_INET, socket.SOCK_RAW)

    def server():
        return socket.create_server(("127.0.0.1", 0))

    found = {}
    for each in (with_http_client, with_urllib, with_httpx, with_async_httpx, with_requests, with_aiohttp, with_asyncio,
                 tls_before_connecting, options, undeclared, own_services, by_number, udp, unix, raw, server):
        try:
            found[each.__name__] = each()
        except BaseException as error:
            found[each.__name__] = f"{type(error).__name__}: {error}"
    print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    folder = tmp_path_factory.mktemp("tls")
    refused: list[str] = []
    with serving_tls(NAME, folder) as server:
        hosts = ReachableHosts("crm", frozenset({(NAME, server.port)}), private=(NAME,), refused=refused.append)
        ours, theirs = socket.socketpair()
        broker = NetworkBroker(hosts, ours, refused.append, lambda host, port: [("127.0.0.1", port)])
        threading.Thread(target=broker.serve, daemon=True).start()
        with theirs:
            done = subprocess.run(
                [sys.executable, "-c", dedent(CLIENT), str(theirs.fileno()), str(server.port), str(server.certificate)],
                pass_fds=[theirs.fileno()], capture_output=True, text=True, timeout=120,
                cwd=Path(__file__).parents[3], env={"PATH": os.environ["PATH"]},
            )  # fmt: skip
        broker.close()
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout) | {"refused": refused}


@pytest.mark.parametrize(
    ("library", "answer"),
    [
        ("with_http_client", "/http.client"),
        ("with_urllib", "/urllib"),
        ("with_httpx", "/httpx2/again"),
        ("with_async_httpx", "/async"),
        ("with_requests", "/requests"),
        ("with_aiohttp", "/aiohttp"),
        ("with_asyncio", "/asyncio"),
        ("tls_before_connecting", "/early"),
    ],
)
def test_a_library_connects_to_a_declared_host_with_tls_of_its_own(
    found: dict[str, object], library: str, answer: str
) -> None:
    assert found[library] == answer


def test_options_set_before_connecting_hold_afterwards(found: dict[str, object]) -> None:
    assert found["options"] == [1, True, None]


@pytest.mark.parametrize("attempt", ["undeclared", "own_services", "by_number"])
def test_a_library_is_told_why_the_hub_refuses_a_host(found: dict[str, object], attempt: str) -> None:
    assert "does not declare" in str(found[attempt])
    assert found["refused"] == ["evil.example", "evil.example", "127.0.0.1"]


def test_the_hubs_own_client_says_it_as_the_hubs_error(found: dict[str, object]) -> None:
    assert str(found["own_services"]).startswith("Rejected: connector 'crm' called evil.example")


@pytest.mark.parametrize("kind", ["udp", "unix", "raw"])
def test_other_sockets_are_refused_with_one_sentence(found: dict[str, object], kind: str) -> None:
    assert found[kind] == f"PermissionError: [Errno 13] {SENTENCE}"


def test_a_plugin_cannot_be_a_server(found: dict[str, object]) -> None:
    assert str(found["server"]).startswith(f"PermissionError: [Errno 13] {SENTENCE}")
