"""`/numbers/website`: the snippet, and a look at a page of the company's own site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from page_client import signed_in
from testbed import ACCOUNTS, TestHub

Factory = Callable[..., TestHub]


@pytest.fixture
def site() -> Iterator[dict[str, Any]]:
    """A page on this machine; the test writes its HTML."""
    told: dict[str, Any] = {"html": ""}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(told["html"].encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    told["url"] = f"http://localhost:{server.server_port}/"
    yield told
    server.shutdown()
    server.server_close()


def hub_of(lite_hub: Factory, public_url: str) -> TestHub:
    first, second = ACCOUNTS[0]["companies"]  # type: ignore[misc]
    website = {"domains": ["localhost"], "website": {"swap": ["+13125550190"]}}
    accounts = [{**ACCOUNTS[0], "companies": [{**first, **website}, second]}]
    return lite_hub(accounts=accounts, public_url=public_url)


def test_the_snippet_is_that_of_the_command_and_follows_the_choice(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "Which website?" in browser.text("/numbers/website")
    shown = browser.get("/numbers/website?company=lakeside").text
    assert "https://calls.example.com/t/lakeside/ringfence." in shown and "integrity=" in shown
    assert "config.yaml names no domains" in shown
    latest = browser.get("/numbers/website?company=lakeside&version=latest&forms=yes").text
    assert "ringfence-forms.js" in latest and "integrity=" not in latest


def test_a_page_is_looked_at_and_a_visit_from_it_is_the_proof(lite_hub: Factory, site: dict[str, Any]) -> None:
    stage = hub_of(lite_hub, "http://127.0.0.1:8080")
    browser = signed_in(stage)
    form = {"company": "lakeside", "address": site["url"]}
    answer = browser.post("/numbers/website", form).text
    assert "The script is not in the page&#39;s HTML." in answer
    assert "No visit arrived from this page" in answer
    snippet = browser.get("/numbers/website?company=lakeside&version=latest").text
    assert "http://127.0.0.1:8080/t/lakeside/ringfence.js" in snippet
    site["html"] = (
        '<script src="http://127.0.0.1:8080/t/lakeside/ringfence.js"></script>312 555 0190 <script>alert(1)</script>'
    )
    stage.visit("lakeside", site["url"] + "?gclid=Cj0KCQjw123456789")
    answer = browser.post("/numbers/website", form).text
    assert "The script is on the page and follows updates." in answer
    assert "It runs: 1 visit arrived from this page" in answer
    assert "1 was shown a tracking number" in answer
    stage.clock.advance(minutes=31)
    assert "No visit arrived from this page" in browser.post("/numbers/website", form).text


def test_nothing_but_the_companys_own_public_pages_is_fetched(lite_hub: Factory, site: dict[str, Any]) -> None:
    stage = hub_of(lite_hub, "https://calls.example.com")
    browser = signed_in(stage)
    for address, said in (
        (site["url"], "Only pages on the usual ports"),
        ("http://localhost/", "not public"),
        ("https://evil.example/", "is not one of the company"),
        ("", "not public"),
        ("file:///etc/passwd", "not the address of a page"),
    ):
        answer = browser.post("/numbers/website", {"company": "lakeside", "address": address})
        assert (answer.status_code, said in answer.text) == (422, True), address


def test_checks_are_limited_and_another_companys_site_is_not_there(stage: TestHub) -> None:
    browser = signed_in(stage, "marketer", "northgate")
    assert (
        "ringfence"
        not in browser.get("/numbers/website?company=lakeside").text.split("<h1>")[1].split("t/northgate")[0]
    )
    answers = [browser.post("/numbers/website", {"address": "https://evil.example/"}) for _ in range(12)]
    assert "Try again in a minute" in answers[-1].text
    assert "Try again in a minute" not in answers[0].text
