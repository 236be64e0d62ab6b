"""The connector's HTTP client: what is known of callers never travels in clear, where a redirect leads to neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import HttpSandbox, Rejected
from hub.contracts.addresses import in_clear
from hub.plugins.http_client import lazy_client

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


@given(host=st.from_regex(r"\A[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}\Z"))
def test_only_this_machine_is_reached_without_tls(host: str) -> None:
    here = host == "localhost" or (host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdigit())
    assert not in_clear(f"https://{host}/")
    assert here or in_clear(f"http://{host}/")


def test_every_name_of_this_machine_is_known() -> None:
    assert not any(map(in_clear, ("http://localhost:1", "http://127.0.0.1:8080/v2", "http://[::1]:80/")))
