"""Addresses that the hub shall send to: what can never work is refused when it is typed, on each road."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.addresses import ip_literal, is_public, may_send_to, why_no_webhook
from hub.plugin_host.public_post import warning_of

INSIDE = [
    "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "0", "0.0.0.0", "10.0.0.8", "172.16.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fd00::1]", "[fec0::1]",
    "[ff02::1]", "localhost", "LOCALHOST", "a.localhost", "localhost.", "printer.local", "metadata.google.internal", "nas",
    "router.lan", "nas.home.arpa", "hooks.invalid",
]  # fmt: skip
WRONG = [
    "https://user@hooks.example.com/", "https://user:pw@hooks.example.com/", "https://@hooks.example.com/",
    "https://good#@bad.example.com/", "https://hooks.example.com/#part", "https://hooks.example.com#", "https://1.2.3.4.5/",
    "https://256.0.0.1/", "https://%31%32.example.com/", "https://*.example.com/", "https://hooks..example.com/",
    "https://hooks。example.com/", "https://hooks.example.com:22/", "https://hooks.example.com:99999/", "https://[::1/",
    "ftp://hooks.example.com/", "https:///x", "//hooks.example.com/", "https://hooks.example.com/\nx", "hooks.example.com",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_a_network_is_refused_in_each_form(host: str) -> None:
    assert "public addresses only" in str(why_no_webhook(f"https://{host}/hook"))


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_address_to_send_to_is_refused(url: str) -> None:
    assert why_no_webhook(url) is not None


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.com/a?key=1", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://h.example.com:8443/",
     "https://hooks.example.com./", "https://xn--hks-sna.example.com/", "https://a_b.example.com/", " https://abc.fed/ "],
)  # fmt: skip
def test_a_public_address_is_taken(url: str) -> None:
    assert why_no_webhook(url) is None


def test_a_private_webhook_may_be_in_the_network_but_never_at_a_clouds_own_address() -> None:
    for url in (
        "http://127.0.0.1:8123/",
        "http://[::1]/",
        "https://10.0.0.8:9443/",
        "http://nas/",
        "http://[fd00::1]/",
    ):
        assert why_no_webhook(url, private=True) is None, url
    for url in (
        "http://169.254.169.254/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://8.8.8.8/",
        "http://224.0.0.1/",
    ):
        assert why_no_webhook(url, private=True) is not None, url


@given(st.ip_addresses())
def test_what_is_typed_as_an_ip_address_is_judged_as_the_connection_would(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    for private in (False, True):
        refused = why_no_webhook(f"https://{host}/", private=private) is not None
        assert refused == (not may_send_to("https://", str(address), private=private))


@given(st.ip_addresses(v=4))
def test_each_number_form_of_an_address_is_the_address(address: ipaddress.IPv4Address) -> None:
    number, (a, b, c, d) = int(address), address.packed
    for form in (str(number), hex(number), f"{a}.{number & 0xFFFFFF}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{address}."):
        assert ip_literal(form) == str(address), form


def test_the_range_for_protocols_is_not_public() -> None:
    assert not any(is_public(f"192.0.0.{last}") for last in range(256))


def test_a_name_without_an_address_is_a_warning_and_no_refusal() -> None:
    def nothing(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such name")

    url = "https://hooks.example.com/a"
    assert "hooks.example.com has no address now" in warning_of(url, nothing) and why_no_webhook(url) is None
    assert warning_of(url, lambda host, port: [("8.8.8.8", port)]) == warning_of("https://[::1/", nothing) == ""
