"""Answers are compressed unless another site could learn something from their length."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlmodel import select
from web_edge import Edge

from hub.access.sign_in.links import new_link
from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.model import Account

MAX_FIRST_PAGE_BYTES = 60_000


@pytest.fixture
def browser(edge: Edge) -> Any:
    """What the owner's browser sends, and the path of a set-up link."""
    hub = edge.opened.hub
    with hub.store.writing() as session:
        account = session.exec(select(Account).where(Account.name == "agency")).one()
        user = add_user(session, account, "owner-one", "owner", edge.clock())
        token = open_session(session, user, "link", "Test", edge.clock())
        link = new_link(session, user, "setup", edge.clock(), "")
    return {"cookie": f"__Host-hub={token}", "sec-fetch-site": "none", "accept": "text/html"}, link


def is_compressed(edge: Edge, path: str, headers: dict[str, str], **more: Any) -> bool:
    answer = edge.client.request(more.pop("method", "GET"), path, headers=headers, **more)
    assert answer.status_code < 400, (path, answer.status_code)
    return answer.headers.get("content-encoding") == "gzip"


def test_pages_are_compressed_for_the_user_and_not_for_what_another_site_causes(edge: Edge, browser: Any) -> None:
    headers, link = browser
    for path in ("/", "/calls", "/calls?q=5550142", "/users", "/config"):
        assert is_compressed(edge, path, headers), path
        assert is_compressed(edge, path, {**headers, "sec-fetch-site": "same-origin"}), path
        for site in ("cross-site", "same-site", ""):
            assert not is_compressed(edge, path, {**headers, "sec-fetch-site": site}), (path, site)
        unknown = {name: text for name, text in headers.items() if name != "sec-fetch-site"}
        assert not is_compressed(edge, path, unknown), "a browser that does not say who asks"
    assert not is_compressed(edge, link, headers), "it shows the secret of an authenticator app"
    assert not is_compressed(edge, "/me/app", headers)


def test_what_is_shown_once_is_never_compressed(edge: Edge, browser: Any) -> None:
    headers, _ = browser
    own = {**headers, "sec-fetch-site": "same-origin"}
    form = {"deed": "link", "name": "maria", "role": "marketer", "everywhere": "yes"}
    answer = edge.client.post("/users", headers=own, data=form)
    assert answer.status_code == 200 and "/setup/" in answer.text and "content-encoding" not in answer.headers


def test_the_same_page_has_another_length_each_time(edge: Edge, browser: Any) -> None:
    headers, _ = browser
    lengths = {len(edge.client.get("/calls", headers=headers).headers["x-padding"]) for _ in range(20)}
    assert len(lengths) > 5


def test_what_has_no_session_is_compressed_and_sound_is_not(edge: Edge) -> None:
    assert is_compressed(edge, "/t/lakeside/ringfence.js", {})
    assert is_compressed(edge, "/privacy/lakeside", {})
    assert not is_compressed(edge, "/favicon.ico", {})


def test_the_first_page_is_at_most_60_kilobytes_with_its_styles_and_scripts(edge: Edge, browser: Any) -> None:
    headers, _ = browser
    with edge.client.stream("GET", "/", headers=headers) as page:
        total = len(b"".join(page.iter_raw()))
    html = edge.client.get("/", headers=headers).text
    for path in set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', html)):
        with edge.client.stream("GET", path) as file:
            total += len(b"".join(file.iter_raw()))
    assert total <= MAX_FIRST_PAGE_BYTES, total
