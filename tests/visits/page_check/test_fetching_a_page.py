"""A page check reaches the company's own public pages, and nothing else, whatever the address, the name or the answer says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hub.visits.page_check.fetch import CannotFetch, fetch_page

SITES = ("shop.example.com",)
PUBLIC = "93.184.215.14"


class _Site(BaseHTTPRequestHandler):
    """A small site on this machine; it notes what it was asked."""

    asked: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.asked.append((self.headers["host"], self.path))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b"x" * 65_536)
            except OSError:
                return
        self.wfile.write("<p>héllo</p>".encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def here(host: str, port: int) -> list[tuple[str, int]]:
    return [("127.0.0.1", port)]


def test_the_page_is_read_from_the_address_that_was_checked(port: int) -> None:
    found = fetch_page(f"http://www.shop.example.com:{port}/a?b=1#c", SITES, allow_local=True, resolve=here)
    assert (found.status, found.html, found.policies) == (200, "<p>héllo</p>", ("default-src 'self'",))
    assert _Site.asked[-1] == (f"www.shop.example.com:{port}", "/a?b=1")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "https://shop.example.com.evil.example/", "https://evilshop.example.com/",
        "ftp://shop.example.com/", "file:///etc/passwd", "javascript:alert(1)", "https://user:pw@shop.example.com/",
        "https://shop.example.com@evil.example/", "https://shop.example.com:6379/", "https://shop.example.com:99999/",
        "http://127.0.0.1/", "http://[::1]/", "http://2130706433/", "https://", "", "https://shop.example.com\\@evil.example/",
        "https://shop.example.com/" + "x" * 3_000, "https://shop.example.com/\r\nHost: evil.example",
    ],
)  # fmt: skip
def test_only_the_companys_own_hosts_on_usual_ports_are_called(address: str) -> None:
    def never(host: str, port: int) -> list[tuple[str, int]]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(CannotFetch):
        fetch_page(address, SITES, resolve=never)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.5"], ["192.168.1.1"], ["172.16.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.0"],
        ["224.0.0.1"], ["::1"], ["fe80::1%eth0"], ["fd00::1"], ["::ffff:127.0.0.1"], ["::ffff:a00:1"],
        ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["ff0e::1"], [PUBLIC, "10.0.0.5"], [],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_called(addresses: list[str]) -> None:
    with pytest.raises(CannotFetch, match="not public"):
        fetch_page(
            "https://shop.example.com/", SITES, resolve=lambda host, port: [(address, port) for address in addresses]
        )


def test_even_a_local_hub_calls_no_private_network() -> None:
    with pytest.raises(CannotFetch, match="not public"):
        fetch_page("http://shop.example.com/", SITES, allow_local=True, resolve=lambda *_: [("10.0.0.5", 80)])


def test_a_redirect_is_followed_only_to_the_companys_own_pages(port: int) -> None:
    base = f"http://shop.example.com:{port}"
    assert fetch_page(f"{base}/to//next", SITES, allow_local=True, resolve=here).status == 200
    for target in ("http://evil.example/", "http://169.254.169.254/latest/", "file:///etc/passwd"):
        with pytest.raises(CannotFetch):
            fetch_page(f"{base}/to/{target}", SITES, allow_local=True, resolve=here)
    with pytest.raises(CannotFetch, match="more than 3 times"):
        fetch_page(f"{base}/to//to//to//to//to//x", SITES, allow_local=True, resolve=here)


def test_a_page_without_an_end_is_left(port: int) -> None:
    with pytest.raises(CannotFetch, match="larger than 2 MB"):
        fetch_page(f"http://shop.example.com:{port}/endless", SITES, allow_local=True, resolve=here)


def test_a_host_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(CannotFetch, match="could not be read"):
        fetch_page("http://shop.example.com:9/", SITES, allow_local=True, resolve=here)
    with pytest.raises(CannotFetch, match="no address"):
        fetch_page("https://nowhere.shop.invalid/", ("shop.invalid",))
