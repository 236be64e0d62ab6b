"""The connector's HTTP client: what is known of callers never travels in clear, where a redirect leads to neither."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import HttpSandbox, Rejected
from hub.contracts.addresses import in_clear, is_public
from hub.plugin_host.http_client import lazy_client

HOSTS = ("127.0.0.1", "data.example.com")


class Astray(HttpSandbox):
    """A provider that sends everybody elsewhere."""

    to = "http://data.example.com/v2"

    def app(self) -> Callable[..., Any]:
        from starlette.responses import RedirectResponse

        async def redirect(scope: Any, receive: Any, send: Any) -> None:
            await RedirectResponse(self.to)(scope, receive, send)

        return redirect


@pytest.fixture(scope="module")
def astray() -> Iterator[Astray]:
    with Astray() as sandbox:
        assert isinstance(sandbox, Astray)
        yield sandbox


def test_a_redirect_to_an_address_without_tls_is_refused(astray: Astray) -> None:
    client = lazy_client("lookups", HOSTS, tls_only=True)()
    with pytest.raises(Rejected, match="without TLS"):
        client.get(astray.url, follow_redirects=True)
    assert client.get(astray.url).status_code == 307, "its stand-in on this machine answers"


def test_an_address_without_tls_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Rejected, match="https:// only"):
        lazy_client("lookups", HOSTS, tls_only=True)().get("http://data.example.com/v2/PhoneNumbers/+13125550142")


def test_a_redirect_to_an_undeclared_host_is_refused(astray: Astray) -> None:
    with pytest.raises(Rejected, match="does not declare"):
        lazy_client("lookups", ("127.0.0.1",))().get(astray.url, follow_redirects=True)


PRIVATE = (
    "127.0.0.1",
    "10.0.0.8",
    "169.254.169.254",
    "::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.8",
    "64:ff9b::a00:8",
    "0.0.0.0",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_a_private_network_is_refused(astray: Astray, address: str) -> None:
    assert not is_public(address)
    refused: list[str] = []
    places = [(10, 1, 6, "", (each, 443)) for each in ("93.184.215.14", address)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        client = lazy_client("crm", ("crm.example.com",), refused=refused.append)()
        with pytest.raises(Rejected, match=r"private network.*hub\.private_hosts"):
            client.get("https://crm.example.com/")
    assert refused == ["crm.example.com"]


def test_a_private_host_is_reached_if_the_configuration_names_it(astray: Astray) -> None:
    port = httpx.URL(astray.url).port
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))])
        client = lazy_client("crm", ("crm.internal",), private_hosts=["*.internal"])()
        assert client.get(f"http://crm.internal:{port}/").status_code == 307


@given(host=st.from_regex(r"\A[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}\Z"))
def test_only_this_machine_is_reached_without_tls(host: str) -> None:
    here = host == "localhost" or (host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdigit())
    assert not in_clear(f"https://{host}/")
    assert here or in_clear(f"http://{host}/")


def test_every_name_of_this_machine_is_known() -> None:
    assert not any(map(in_clear, ("http://localhost:1", "http://127.0.0.1:8080/v2", "http://[::1]:80/")))
