"""On the hub's own machine the owner may add the second factor later; through any other address nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from front_door import OTHER, STRONG, House, hidden, make_house, seen, shown_secret
from starlette.testclient import TestClient
from testbed import TestHub

from hub.model import RecoveryCode, UserSecret

LOCAL = "http://127.0.0.1:8000"
OWN = {"origin": LOCAL, "sec-fetch-site": "same-origin"}
ELSEWHERE: tuple[tuple[str, dict[str, str]], ...] = (
    ("192.0.2.7", {}),
    ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
    ("127.0.0.1", {"x-forwarded-host": "localhost"}),
    ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
    ("127.0.0.1", {"via": "1.1 proxy"}),
    ("127.0.0.1", {"x-real-ip": "127.0.0.1"}),
    ("127.0.0.1", {"host": "calls.example.com"}),
    ("127.0.0.1", {"host": "127.0.0.1.evil.example"}),
    ("127.0.0.1", {"host": "localhost@evil.example"}),
    ("127.0.0.1", {"origin": "https://calls.example.com"}),
    ("127.0.0.1", {"origin": "null"}),
)
"""The peer and the headers of requests that are not from this machine, or may not be: proxies, a rebound name, a lie."""


@pytest.fixture
def local_house(lite_hub: Callable[..., TestHub]) -> House:
    """A hub that is served on this machine alone."""
    return make_house(lite_hub(public_url=LOCAL))


class LocalBrowser:
    """A browser, by default on the hub's own machine."""

    def __init__(self, house: House, peer: str = "127.0.0.1", **headers: str) -> None:
        app = house.browser().client.app
        self.client = TestClient(app, base_url=LOCAL, follow_redirects=False, client=(peer, 50_000))
        self.headers = {**OWN, **headers}

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={name: text for name, text in self.headers.items() if name != "origin"})

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data=fields, headers=self.headers)

    @property
    def is_in(self) -> bool:
        return bool(self.get("/me").status_code == 200)


def set_up(house: House) -> LocalBrowser:
    """The owner's browser, after a password without an app."""
    browser, path = LocalBrowser(house), house.link(user=house.add("olga", "owner"))
    page = browser.get(path).text
    assert "add the app later" in page
    done = browser.post(path, app=hidden(page, "app"), password=STRONG, again=STRONG, code="", later="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    return browser


def test_the_owner_starts_with_a_password_and_adds_the_app_later(local_house: House) -> None:
    browser = set_up(local_house)
    assert browser.is_in and "No second factor yet" in browser.get("/me").text
    again = LocalBrowser(local_house)
    assert again.post("/sign-in", name="olga", password=OTHER).status_code == 422
    assert again.post("/sign-in", name="olga", password=STRONG).headers["location"] == "/" and again.is_in
    page = browser.get("/me/app").text
    secret = shown_secret(page)
    done = browser.post("/me/app", app=hidden(page, "app"), code=local_house.code(secret))
    assert done.status_code == 200 and done.text.count("<li><code>") == 10
    assert "No second factor yet" not in browser.get("/me").text
    third = LocalBrowser(local_house)
    assert third.post("/sign-in", name="olga", password=STRONG).headers["location"] == "/sign-in/code"
    assert again.is_in and "No second factor yet" in again.get("/me").text, "its session stays one of this machine"


@pytest.mark.parametrize(("peer", "headers"), ELSEWHERE)
def test_through_any_other_address_the_second_factor_comes_first(
    local_house: House, peer: str, headers: dict[str, str]
) -> None:
    owner = set_up(local_house)
    stranger = LocalBrowser(local_house, peer, **headers)
    answer = stranger.post("/sign-in", name="olga", password=STRONG)
    assert answer.status_code in (403, 422) and not answer.cookies
    if answer.status_code == 422:
        assert "has no second factor yet" in seen(answer.text)
    if "origin" not in headers:
        stranger.client.cookies.update(owner.client.cookies)
        assert not stranger.is_in, "a session of a password alone counts on this machine only"
    eve = local_house.add("eve", "owner")
    path = local_house.link(user=eve)
    page = stranger.get(path).text
    refused = stranger.post(path, app=hidden(page, "app"), password=STRONG, again=STRONG, code="", later="yes")
    assert refused.status_code in (403, 422)
    assert len(local_house.stage.rows(UserSecret, user_id=eve.id)) == 0


def test_a_hub_with_a_public_address_never_waits_for_the_app(lite_house: House) -> None:
    browser, path = LocalBrowser(lite_house), lite_house.link(user=lite_house.add("olga", "owner"))
    page = browser.get(path).text
    assert "add the app later" not in page
    done = browser.post(path, app=hidden(page, "app"), password=STRONG, again=STRONG, code="", later="yes")
    assert done.status_code in (403, 422) and lite_house.stage.rows(RecoveryCode) == []


def test_only_owners_wait_and_a_weak_password_is_refused_here_too(local_house: House) -> None:
    browser, path = LocalBrowser(local_house), local_house.link(user=local_house.add("mia", "marketer"))
    page = browser.get(path).text
    assert "add the app later" not in page
    fields = {"app": hidden(page, "app"), "code": "", "later": "yes"}
    assert browser.post(path, password=STRONG, again=STRONG, **fields).status_code == 422
    path = local_house.link(user=local_house.add("olga", "owner"))
    fields["app"] = hidden(browser.get(path).text, "app")
    assert "at least 12" in browser.post(path, password="short", again="short", **fields).text
    assert "differ" in browser.post(path, password=STRONG, again=OTHER, **fields).text
