"""The connector's HTTP client: what is known of callers never travels in clear, where a redirect leads to neither."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fake_connectors import FakeCarrier
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from testbed import TestHub

from hub.api import PluginSettings, Recipient, Rejected
from hub.api.sandbox import HttpSandbox
from hub.config.models import Config
from hub.contracts.addresses import in_clear, is_public
from hub.plugin_host.http_client import lazy_client
from hub.plugin_host.network.reachable_hosts import ReachableHosts, declared_hosts
from hub.startup.assembly import connector_with
from hub.testing.factories import MemoryNotes, MemoryTokens
from plugins.crm.hubspot import HubSpot


def reaching(astray: Astray | None, *hosts: str, **options: Any) -> ReachableHosts:
    """These hosts by HTTP and HTTPS, and the stand-in."""
    declared = {(host, port) for host in hosts for port in (80, 443)}
    if astray is not None:
        declared.add(("127.0.0.1", httpx2.URL(astray.url).port or 0))
    return ReachableHosts("crm", frozenset(declared), **{"loopback": True, **options})


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
    client = lazy_client("lookups", reaching(astray, "data.example.com"), tls_only=True)()
    with pytest.raises(Rejected, match="without TLS"):
        client.get(astray.url, follow_redirects=True)
    assert client.get(astray.url).status_code == 307, "its stand-in on this machine answers"


def test_an_address_without_tls_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Rejected, match="https:// only"):
        client = lazy_client("lookups", reaching(None, "data.example.com"), tls_only=True)()
        client.get("http://data.example.com/v2/PhoneNumbers/+13125550142")


def test_a_redirect_to_an_undeclared_host_is_refused(astray: Astray) -> None:
    with pytest.raises(Rejected, match="does not declare"):
        lazy_client("lookups", reaching(astray))().get(astray.url, follow_redirects=True)


@pytest.mark.parametrize("address", ["http://crm.example.com/", "https://crm.example.com:8443/"])
def test_a_declared_host_is_called_on_its_own_port_only(address: str) -> None:
    refused: list[str] = []
    hosts = ReachableHosts("crm", frozenset({("*.example.com", 443)}), refused=refused.append)
    with pytest.raises(Rejected, match="does not declare"):
        lazy_client("crm", hosts)().get(address)
    assert refused in (["crm.example.com:80"], ["crm.example.com:8443"])


def test_a_web_address_of_the_settings_declares_its_own_host_and_port() -> None:
    class Settings(PluginSettings):
        base_url: str = "https://CRM.example.com:8443/v2"
        others: tuple[str, ...] = ("http://127.0.0.1:9", "https://data.example.com")

    declared = declared_hosts(FakeCarrier.manifest, Settings())
    assert declared == {
        ("carrier.example.com", 443), ("crm.example.com", 8443), ("127.0.0.1", 9), ("data.example.com", 443)
    }  # fmt: skip


def test_a_plugin_whose_data_nobody_gets_reaches_only_what_can_be_nothing_but_the_own_network() -> None:
    class Settings(PluginSettings):
        ours: str = "http://speech.internal:8000"
        theirs: str = "https://speech.example.com"

    manifest = FakeCarrier.manifest.model_copy(update={"recipient": Recipient(name="us", role="none")})
    assert declared_hosts(manifest, Settings()) == {("speech.internal", 8000)}


def test_this_machine_is_reached_only_where_a_stand_in_runs(astray: Astray) -> None:
    refused: list[str] = []
    with pytest.raises(Rejected, match="private network"):
        lazy_client("crm", reaching(astray, loopback=False, refused=refused.append))().get(astray.url)
    assert refused == ["127.0.0.1"]
    named = reaching(astray, loopback=False, private=("127.0.0.1",))
    assert lazy_client("crm", named)().get(astray.url).status_code == 307


def test_a_built_in_connector_reaches_this_machine_if_it_is_a_stand_in_or_listed(
    astray: Astray, lite_hub: Callable[..., TestHub]
) -> None:
    stage = lite_hub()
    settings = HubSpot.Settings(access_token=SecretStr("a"), base_url=astray.url)
    listed = stage.hub.config
    unlisted = replace(listed, hub=listed.hub.model_copy(update={"private_hosts": ()}))

    def client(config: Config, *, stand_in: bool) -> httpx2.Client:
        kept: Any = {
            "clock": stage.clock,
            "refusals": stage.hub.refusals,
            "tokens": MemoryTokens(),
            "memory": MemoryNotes(),
        }
        return connector_with("crm", HubSpot, settings, config, stand_in=stand_in, **kept).services.http()

    with pytest.raises(Rejected, match="private network"):
        client(unlisted, stand_in=False).get(astray.url)
    assert [client(listed, stand_in=False).get(astray.url).status_code] == [307]
    assert [client(unlisted, stand_in=True).get(astray.url).status_code] == [307]


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
        client = lazy_client("crm", reaching(None, "crm.example.com", refused=refused.append))()
        with pytest.raises(Rejected, match=r"private network.*hub\.private_hosts"):
            client.get("https://crm.example.com/")
    assert refused == ["crm.example.com"]


def test_a_private_host_is_reached_if_the_configuration_names_it(astray: Astray) -> None:
    port = httpx2.URL(astray.url).port
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))])
        hosts = ReachableHosts("crm", frozenset({("crm.internal", port or 0)}), private=("*.internal",))
        client = lazy_client("crm", hosts)()
        assert client.get(f"http://crm.internal:{port}/").status_code == 307


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1", "0.0.0.0"]
)
def test_a_private_host_is_not_reached_where_a_cloud_gives_credentials(address: str) -> None:
    hosts = ReachableHosts("crm", private=("*.internal", "169.254.7.7"))
    with pytest.raises(Rejected, match="private network"):
        hosts.check_addresses("crm.internal", ["10.0.0.8", address])
    for inside in ("10.0.0.8", "127.0.0.1", "::1", "fd00::8"):
        hosts.check_addresses("crm.internal", [inside])
    hosts.check_addresses("169.254.7.7", ["169.254.7.7"])


@given(host=st.from_regex(r"\A[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}\Z"))
def test_only_this_machine_is_reached_without_tls(host: str) -> None:
    here = host == "localhost" or (host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdigit())
    assert not in_clear(f"https://{host}/")
    assert here or in_clear(f"http://{host}/")


def test_every_name_of_this_machine_is_known() -> None:
    assert not any(map(in_clear, ("http://localhost:1", "http://127.0.0.1:8080/v2", "http://[::1]:80/")))
