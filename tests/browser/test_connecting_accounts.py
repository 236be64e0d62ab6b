"""Signing in at a provider in a real Chromium: the consent page of the stand-ins, and back to the hub's own session."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from clicks import Hand
from config_office import SIZES
from page_client import signed_in
from provider_stage import environment, open_provider_stage, running_providers
from served import serving
from testbed import TestHub
from visitor import WAIT

from hub.startup.opening import Opened
from hub.store.connectors import pause
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak


@dataclass
class ConnectingBrowser:
    """A served hub with stand-ins of its providers, and Chromium."""

    stage: TestHub
    address: str
    headless: Any

    def tab(self, role: str = "owner", *, scripts: bool = True, **options: Any) -> Any:
        """A new profile, signed in as a role; with an empty role nobody is signed in."""
        context = self.headless.new_context(java_script_enabled=scripts, **options)
        if role:
            cookie = signed_in(self.stage, role).client.cookies["hub_session"]
            context.add_cookies([{"name": "hub_session", "value": cookie, "url": self.address, "sameSite": "Lax"}])
        context.set_default_timeout(WAIT)
        return context.new_page()


@pytest.fixture(scope="module")
def providers() -> Iterator[Any]:
    with running_providers() as running:
        yield running


@pytest.fixture
def served(
    headless: Any, providers: Any, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConnectingBrowser]:
    for name, value in environment(providers).items():
        monkeypatch.setenv(name, value)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with open_provider_stage(providers, tmp_path, clock, public) as stage:
            opened = Opened(stage.hub, stage.live, None)  # type: ignore[arg-type]
            with serving(opened, listener, stage.config_file):
                yield ConnectingBrowser(stage, public, headless)


def heading(tab: Any) -> str:
    return str(tab.inner_text("h1"))


def test_an_owner_mends_a_stopped_connector_by_one_sign_in(served: ConnectingBrowser) -> None:
    pause(served.stage.hub.store, "google", "Google rejects the sign-in (invalid_grant).", served.stage.clock())
    tab = served.tab()
    tab.goto(f"{served.address}/connectors")
    assert "invalid_grant" in tab.inner_text(".repairs")
    tab.click(".repairs li:has-text('invalid_grant') a:has-text('Sign in again')")
    assert "nothing else; you can refuse it there" in tab.inner_text("main")
    tab.click("text=Continue to Google")
    assert heading(tab) == "Sign in at Google (stand-in)"
    tab.click("button[value=allow]")
    assert tab.url == f"{served.address}/connectors/google"
    assert "Signed in as ads@bluewrench.example.com" in tab.inner_text(".notice")
    tab.goto(f"{served.address}/connectors")
    assert "invalid_grant" not in tab.inner_text("main")


def test_the_provider_says_no_or_another_account_and_the_page_says_why(served: ConnectingBrowser) -> None:
    tab = served.tab(scripts=False)
    tab.goto(f"{served.address}/connectors/google/sign-in/go")
    tab.click("button[value=deny]")
    assert "Access was not allowed at the provider" in tab.inner_text("[role=alert]")
    tab.click("text=Begin again")
    tab.click("text=Continue to Google")
    tab.check("input[value='somebody@else.example.com']")
    tab.click("button[value=allow]")
    assert "not the account of google" in tab.inner_text("[role=alert]")
    tab.goto(f"{served.address}/connectors/google/sign-in/go")
    served.stage.clock.advance(minutes=11)
    tab.click("button[value=allow]")
    assert "longer than ten minutes" in tab.inner_text("[role=alert]")


def test_an_answer_in_another_browser_or_with_another_state_is_refused(served: ConnectingBrowser) -> None:
    tab, other, stranger = served.tab(), served.tab("admin"), served.tab("")
    tab.goto(f"{served.address}/connectors/google/sign-in/go")
    scopes = [each.get_attribute("value") for each in tab.query_selector_all("[name=scope]")]
    said = {"answer": "allow", "account": "ads@bluewrench.example.com", "scope": scopes}
    back = httpx2.post(tab.url, data=said, trust_env=False).headers["location"]
    other.goto(back)
    assert "another browser or by another user" in other.inner_text("[role=alert]")
    stranger.goto(back)
    assert "/sign-in" in stranger.url
    tab.goto(back.replace("state=", "state=x"))
    assert "does not belong to the sign-in started here" in tab.inner_text("[role=alert]")
    tab.goto(back)
    assert tab.url == f"{served.address}/connectors/google"
    tab.goto(back)
    assert "does not belong to the sign-in started here" in tab.inner_text("[role=alert]")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_second_account_is_connected_with_an_action_for_each_rule(served: ConnectingBrowser, scripts: bool) -> None:
    tab = served.tab(scripts=scripts)
    tab.goto(f"{served.address}/connectors")
    tab.click("a:has-text('Connect Google Ads')")
    tab.fill("#name", "google_two")
    tab.click("button:has-text('Go on')")
    tab.click("text=Continue to Google")
    tab.click("button[value=allow]")
    assert "Granted by ads@bluewrench.example.com" in tab.inner_text("main")
    assert tab.is_disabled("input[value='5550100199']")
    tab.check("input[value='3216540987']")
    tab.click("text=Show its conversion actions")
    tab.uncheck("input[name=companies][value=lakeside]")
    tab.select_option("select[name='rule.0']", label="Page view (222000111, primary), takes no uploads")
    tab.click("text=Save and test")
    assert "it is counted by a tag" in tab.inner_text(".field.bad")
    tab.select_option("select[name='rule.0']", label="Sale (123123123, secondary)")
    tab.click("text=Save and test")
    assert "google_two is connected" in tab.inner_text(".notice")
    assert served.stage.config_file is not None
    text = served.stage.config_file.read().text
    assert "google_two:" in text and "conversion_action: 123123123" in text and "companies: [northgate]" in text


@pytest.mark.parametrize(("way", "scripts"), [("mouse", True), ("finger", False)])
def test_google_ads_is_connected_within_six_clicks_and_a_crm_within_five_from_the_connectors_page(
    served: ConnectingBrowser, way: str, scripts: bool
) -> None:
    touches = way == "finger"
    hand = Hand(served.tab(scripts=scripts, viewport=SIZES[way], has_touch=touches), touches)
    hand.tab.goto(f"{served.address}/connectors")
    hand.press("Connect Google Ads")
    hand.press("Go on")
    hand.press("Continue to Google")
    hand.press("Allow")
    hand.choose("Action for qualified call", "Sale (123123123, secondary)")
    hand.press("Save and test")
    hand.tab.get_by_text("google_ads is connected").wait_for()
    assert hand.count <= 6
    hand.count = 0
    hand.press("Connect HubSpot")
    hand.press("Go on")
    hand.press("Continue to HubSpot")
    hand.press("Allow")
    hand.press("Save and test")
    hand.tab.get_by_text("hubspot_2 is connected").wait_for()
    assert hand.count <= 5
    assert served.stage.config_file is not None
    text = served.stage.config_file.read().text
    assert "conversion_action: 123123123" in text and "hubspot_2:" in text


@pytest.mark.parametrize(("connector", "provider"), [("hubspot", "HubSpot"), ("salesforce", "Salesforce")])
def test_a_crm_is_signed_in_at_its_own_page(served: ConnectingBrowser, connector: str, provider: str) -> None:
    tab = served.tab()
    tab.goto(f"{served.address}/connectors/{connector}")
    tab.click(f"text=Sign in at {provider}")
    tab.click(f"text=Continue to {provider}")
    tab.click("button[value=allow]")
    assert tab.url == f"{served.address}/connectors/{connector}" and "works" in tab.inner_text(".notice")
