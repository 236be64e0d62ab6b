"""Signing in at an OpenID provider: a real process with real keys, asked over HTTP, which also lies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from front_door import Browser, House
from oidc_provider import CLIENT_ID, CLIENT_SECRET
from pydantic import SecretStr

from hub.config.sections.sign_in import OidcSection
from hub.model import OidcIdentity, WebSession
from hub.platform.loopback import free_port

PROGRAM = Path(__file__).parents[2] / "oidc_provider.py"
MARIA = {"sub": "1001", "email": "Maria@example.com", "email_verified": True}
NOT_KNOWN, FAILED = "no user for this identity", "did not succeed"


@dataclass
class Provider:
    """The process, and whom it signs in."""

    issuer: str
    http: httpx2.Client

    def person(self, house: House, who: dict[str, Any], /, **lie: Any) -> None:
        now = house.stage.clock().timestamp()
        self.http.post("/as", json={"person": {**who, "now": now}, "lie": lie}).raise_for_status()

    def come_and_go(self, browser: Browser, start: str) -> Any:
        """A browser that starts at the hub, goes to the provider and comes back."""
        away = browser.get(start)
        assert away.status_code == 303, away.text
        back = self.http.get(away.headers["location"])
        assert back.status_code == 302, back.text
        return browser.get(back.headers["location"].removeprefix("https://calls.example.com"))


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    port = free_port()
    with (
        subprocess.Popen([sys.executable, str(PROGRAM), str(port)]) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        try:
            for _ in range(600):
                assert process.poll() is None
                try:
                    http.get("/jwks")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield Provider(f"http://127.0.0.1:{port}", http)
        finally:
            process.terminate()


@pytest.fixture
def home(house: House, provider: Provider) -> House:
    return _with_provider(house, provider)


@pytest.fixture
def lite_home(lite_house: House, provider: Provider) -> House:
    return _with_provider(lite_house, provider)


def _with_provider(house: House, provider: Provider) -> House:
    house.restart(
        OidcSection(
            issuer=provider.issuer, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET), name="Example Agency"
        )
    )
    return house


def test_a_user_whose_address_an_owner_wrote_signs_in_and_is_known_by_the_subject_from_then_on(
    home: House, provider: Provider
) -> None:
    browser = home.browser()
    assert "Sign in with Example Agency" in browser.get("/sign-in").text
    provider.person(home, MARIA)
    assert provider.come_and_go(browser, "/sign-in/oidc?next=/me").headers["location"] == "/me" and browser.is_in
    assert [row.method for row in home.stage.rows(WebSession)] == ["oidc"]
    assert home.noted() == ["oidc.link", "sign_in oidc"]
    provider.person(home, {"sub": "1001", "email": "new-address@example.com", "email_verified": False})
    again = home.browser()
    assert provider.come_and_go(again, "/sign-in/oidc").headers["location"] == "/" and again.is_in
    provider.person(home, {**MARIA, "sub": "2002"})
    other = home.browser()
    answer = provider.come_and_go(other, "/sign-in/oidc")
    assert answer.status_code == 422 and NOT_KNOWN in answer.text and not other.is_in, (
        "the address went to somebody else"
    )
    assert len(home.stage.rows(OidcIdentity)) == 1


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({**MARIA, "email_verified": False}, NOT_KNOWN),
        ({"sub": "1001", "email": "maria@example.com"}, NOT_KNOWN),
        ({**MARIA, "email_verified": "true"}, NOT_KNOWN),
        ({"sub": "1001", "email": "stranger@example.com", "email_verified": True}, NOT_KNOWN),
        ({"email": "maria@example.com", "email_verified": True}, FAILED),
    ],
)
def test_an_identity_that_no_owner_announced_gets_no_user(
    lite_home: House, provider: Provider, claims: dict[str, Any], words: str
) -> None:
    provider.person(lite_home, claims)
    browser = lite_home.browser()
    answer = provider.come_and_go(browser, "/sign-in/oidc")
    assert answer.status_code == 422 and words in answer.text and not browser.is_in
    assert lite_home.stage.rows(OidcIdentity) == [] and lite_home.stage.rows(WebSession) == []


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another client"}},
        {"claims": {"aud": [CLIENT_ID, "another client"]}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1_000_000_000}},
        {"answer": {"state": "another"}},
        {"answer": {"iss": "https://evil.example"}},
        {"answer": {"code": "invented"}},
        {"answer": {"code": ""}},
        {"forged": True},
        {"unsigned": True},
    ],
    ids=str,
)
def test_an_answer_with_a_lie_in_it_signs_nobody_in(lite_home: House, provider: Provider, lie: dict[str, Any]) -> None:
    provider.person(lite_home, MARIA, **lie)
    browser = lite_home.browser()
    answer = provider.come_and_go(browser, "/sign-in/oidc")
    assert answer.status_code == 422 and FAILED in answer.text and not browser.is_in
    assert lite_home.stage.rows(OidcIdentity) == []


def test_an_answer_counts_once_and_in_the_browser_that_asked(lite_home: House, provider: Provider) -> None:
    provider.person(lite_home, MARIA)
    browser, thief = lite_home.browser(), lite_home.browser()
    away = browser.get("/sign-in/oidc")
    back = provider.http.get(away.headers["location"]).headers["location"].removeprefix("https://calls.example.com")
    assert FAILED in thief.get(back).text and not thief.is_in
    assert browser.get(back).status_code == 303 and browser.is_in
    assert FAILED in lite_home.browser().get(back).text
    late = lite_home.browser()
    waiting = provider.http.get(late.get("/sign-in/oidc").headers["location"]).headers["location"]
    lite_home.stage.clock.advance(minutes=5)
    assert FAILED in late.get(waiting.removeprefix("https://calls.example.com")).text


def test_a_set_up_link_links_any_identity_to_its_user_once(home: House, provider: Provider) -> None:
    eve = home.add("eve")
    provider.person(home, {"sub": "3003", "email": "whoever@example.com", "email_verified": False})
    browser, path = home.browser(), home.link(user=eve)
    assert f"{path}/oidc" in browser.get(path).text
    assert provider.come_and_go(browser, f"{path}/oidc").headers["location"] == "/" and browser.is_in
    assert home.stage.one(OidcIdentity).user_id == eve.id and home.browser().get(path).status_code == 404
    taken = home.browser()
    answer = provider.come_and_go(taken, f"{home.link()}/oidc")
    assert "belongs to another user" in answer.text and not taken.is_in


def test_a_new_key_of_the_provider_is_read_and_another_issuer_is_refused(lite_home: House, provider: Provider) -> None:
    provider.person(lite_home, MARIA)
    assert provider.come_and_go(lite_home.browser(), "/sign-in/oidc").status_code == 303
    provider.person(lite_home, MARIA, new_key=True)
    assert provider.come_and_go(lite_home.browser(), "/sign-in/oidc").status_code == 303
    lite_home.restart()
    provider.person(lite_home, MARIA, discovered_issuer="https://evil.example")
    assert "another issuer" in lite_home.browser().get("/sign-in/oidc").text


def test_a_provider_that_is_away_is_said_and_other_ways_stay(lite_house: House) -> None:
    lite_house.restart(
        OidcSection(issuer="http://127.0.0.1:9", client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))
    )
    answer = lite_house.browser().get("/sign-in/oidc")
    assert answer.status_code == 422 and "does not answer now" in answer.text and 'name="password"' in answer.text
