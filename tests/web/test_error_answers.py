"""Errors are pages in a browser and problem documents for programs, on every road; CallRail's API keeps its own format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from testbed import TestHub
from web_edge import Edge

from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.model import Account
from hub.store.outage import Outage
from hub.testing import FrozenClock
from hub.web.database_away import DatabaseAwayPages
from hub.web.error_answers import ErrorAnswers, ShownError
from hub.web.problems import outer_problem

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"accept": "application/json"}
UNKNOWN = ("/nothing-here", "/calls/none", "/privacy/none", "/recordings/x/audio", "/audio/x.wav", "/t/none/ringfence.js",
           "/static/x/none.css", "/webhooks/none/x", "/track/none/visit", "/.well-known/none")  # fmt: skip


def cookie(edge: Edge, role: str = "owner") -> dict[str, str]:
    """The session cookie of a new user."""
    hub = edge.opened.hub
    with hub.store.writing() as session:
        account = session.exec(select(Account).where(Account.name == "agency")).one()
        user = add_user(session, account, f"{role}-one", role, edge.clock(), phone_numbers=["+13125550190"])
        return {"cookie": f"__Host-hub={open_session(session, user, 'link', 'Test', edge.clock())}"}


def is_page(answer: Any) -> bool:
    return answer.headers["content-type"].startswith("text/html") and 'href="/static/' in answer.text


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_does_not_exist_is_a_page_in_a_browser_and_a_problem_document_for_a_program(edge: Edge, path: str) -> None:
    signed_in = cookie(edge)
    for headers in (PAGE, PAGE | signed_in):
        answer = edge.client.get(path, headers=headers)
        if answer.status_code == 303:  # a page of the table: the sign-in comes first
            continue
        assert is_page(answer) and answer.status_code in (401, 403, 404, 405), path
        assert ("Sign out" in answer.text) == ("cookie" in headers)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    answer = edge.client.get(path, headers=PROGRAM | signed_in)
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code and document["detail"].endswith(".") and document["title"]


def test_an_unknown_address_leads_to_what_was_meant_and_only_to_what_the_role_may_open(edge: Edge) -> None:
    owner = edge.client.get("/reprots", headers=PAGE | cookie(edge)).text
    assert "Did you mean this?" in owner and 'href="/reports"' in owner
    desk = edge.client.get("/reprots", headers=PAGE | cookie(edge, "receptionist")).text
    assert 'href="/reports"' not in desk and 'href="/settings"' not in desk and 'href="/calls"' in desk


def test_an_address_is_shown_as_text_and_cut(edge: Edge) -> None:
    page = edge.client.get("/%3Cscript%3Ealert(1)%3C/script%3E" + "a" * 500, headers=PAGE).text
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "a" * 100 not in page


def test_other_methods_and_large_forms_are_pages_too(edge: Edge) -> None:
    answer = edge.client.put("/calls", headers=PAGE | cookie(edge))
    assert answer.status_code == 405 and is_page(answer) and answer.headers["allow"]
    for size in (200_000, 12_000_000, 13_000_000):
        with httpx2.Client(base_url=edge.client.base_url) as once:  # the hub closes this connection
            large = once.post("/sign-in", headers=PAGE, content=b"x" * size)
        assert large.status_code == 413 and is_page(large)
    foreign = edge.client.post("/sign-in", headers=PAGE | {"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403 and is_page(foreign) and "another site" in foreign.text


def test_a_page_that_fails_says_so_and_shows_nothing_of_the_cause() -> None:
    def fails(request: Request) -> Response:
        raise ValueError("+13125550142 secret")

    app = ErrorAnswers(
        Starlette(routes=[Route("/", fails)]),
        lambda request, error: None,
        outer_problem,
        Outage(),
        FrozenClock(),
        https=True,
    )
    client = TestClient(app, raise_server_exceptions=False)
    for headers, kind in ((PAGE, "text/html"), (PROGRAM, "application/problem+json")):
        answer = client.get("/", headers=headers)
        assert answer.status_code == 500 and answer.headers["content-type"].startswith(kind)
        assert "secret" not in answer.text and "ValueError" not in answer.text
    assert "2026-11-24 15:00:00 UTC" in client.get("/", headers=PAGE).text


def test_without_the_database_a_page_says_so_and_opens_again_by_itself(lite_hub: Callable[..., TestHub]) -> None:
    def asks(request: Request, error: ShownError) -> Response:
        raise AssertionError("nothing is asked of the database")

    hub = lite_hub().hub
    hub.store.outage.since = datetime.now(UTC) - timedelta(minutes=2)
    pages = DatabaseAwayPages(Starlette(), hub)
    client = TestClient(ErrorAnswers(pages, asks, outer_problem, hub.store.outage, hub.clock, https=True))
    answer = client.get("/calls", headers=PAGE)
    assert answer.status_code == 503 and is_page(answer) and answer.headers["refresh"] == "5"
    assert "The database of this hub does not answer" in answer.text
    program = client.get("/api/v1/calls", headers=PROGRAM)
    assert program.status_code == 503 and program.json()["status"] == 503
    hub.store.outage.since = None
    assert client.get("/calls", headers=PROGRAM).status_code == 404, "the application answers again"


def test_callrails_api_keeps_its_own_format(edge: Edge) -> None:
    answer = edge.client.get("/v3/a.json", headers=PAGE)
    assert answer.status_code == 401 and answer.json().keys() == {"error"}


def test_browsers_and_search_engines_find_their_files(edge: Edge) -> None:
    icon = edge.client.get("/favicon.ico")
    assert icon.status_code == 200 and icon.content.startswith(b"\x89PNG")
    robots = edge.client.get("/robots.txt").text.splitlines()
    assert "Disallow: /" in robots and "Allow: /privacy/" in robots
