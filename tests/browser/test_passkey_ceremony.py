"""Passkeys in a real browser: Chromium with a virtual authenticator, which does the whole ceremony."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
from served import ServedHub, serving
from sqlmodel import select
from visitor import WAIT

from hub.access.sign_in.credentials import forget_ways_in, set_password
from hub.access.sign_in.links import new_link
from hub.access.sign_in.totp import new_secret
from hub.access.users import add_user, user_named
from hub.model import Account
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

STRONG = "walnut-ferry-umbrella-41"
CONFIG = """
hub:
  public_url: http://localhost:{port}
  database: sqlite:///ringfence.db
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        route: {{dial: "+13125550199"}}
        trackers:
          - {{name: default, type: source, carrier: twilio, numbers: ["+13125550120"], source: website, default: true}}
"""
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@dataclass
class Front(ServedHub):
    """The hub at its own address."""

    address: str

    def user(self, name: str) -> str:
        """A new owner; the set-up link."""
        with self.opened.hub.store.writing() as session:
            made = add_user(session, session.exec(select(Account)).one(), name, "owner", self.clock())
            return new_link(session, made, "setup", self.clock(), self.address)

    def give_password(self, name: str) -> str:
        secret, now = new_secret(), self.clock()
        with self.opened.hub.store.writing() as session:
            code = pyotp.TOTP(secret).at(int(now.timestamp()))
            set_password(session, self.opened.hub.keyring, user_named(session, name), STRONG, secret, code, now)
        self.clock.advance(minutes=1)
        return secret


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder, listener = tmp_path_factory.mktemp("front"), socket.create_server(("127.0.0.1", 0))
    port, clock, path = listener.getsockname()[1], FrozenClock(), folder / "config.yaml"
    path.write_text(CONFIG.format(port=port))
    with open_hub(read_config(path), clock) as opened, serving(opened, listener):
        yield Front(opened, clock, f"http://localhost:{port}")


@dataclass
class Device:
    """A browser profile with an authenticator."""

    page: Any
    developer: Any
    key: str
    reports: list[str]

    def has_consent(self, given: bool) -> None:
        """Whether its user touches the sensor."""
        wanted = {"authenticatorId": self.key, "isUserVerified": given}
        self.developer.send("WebAuthn.setUserVerified", wanted)

    def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.developer.send("WebAuthn.getCredentials", {"authenticatorId": self.key})[
            "credentials"
        ]
        return found

    def is_in(self) -> bool:
        return bool(self.page.request.get("/me", max_redirects=0).status == 200)


@contextmanager
def device(headless: Any, front: Front, offers: bool = False) -> Iterator[Device]:
    """`offers`: the browser offers passkeys in the name field; the virtual authenticator takes the offer at once."""
    context = headless.new_context(base_url=front.address)
    context.set_default_timeout(WAIT)
    if not offers:
        context.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page = context.new_page()
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text) if message.type == "error" else None)
    developer = context.new_cdp_session(page)
    developer.send("WebAuthn.enable")
    key = developer.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    try:
        yield Device(page, developer, key, reports)
    finally:
        context.close()


def set_up(held: Device, link: str) -> None:
    held.page.goto(link)
    held.page.get_by_role("button", name="Create a passkey").click()
    held.page.wait_for_url(re.compile(r"/$"))


@pytest.mark.parametrize("way", ["button", "name field"])
def test_a_passkey_is_set_up_by_a_link_and_signs_in_without_a_name(headless: Any, front: Front, way: str) -> None:
    front.forget()
    link = front.user("maria")
    with device(headless, front, offers=way == "name field") as hers:
        set_up(hers, link)
        (credential,) = hers.keys()
        assert credential["isResidentCredential"] and credential["rpId"] == "localhost" and hers.is_in()
        hers.page.context.clear_cookies()
        assert not hers.is_in()
        hers.page.goto("about:blank")  # ends what the page before was still about to open
        hers.page.goto("/sign-in?next=/me")
        if way == "button":
            hers.page.get_by_role("button", name="Sign in with a passkey").click()
        hers.page.get_by_role("heading", name="Passkeys").wait_for()
        assert hers.page.url == f"{front.address}/me"
        assert not [each for each in hers.reports if "Content Security Policy" in each]
    (row,) = front.rows("SELECT * FROM passkey")
    assert row["sign_count"] > 1 and row["used_at"]
    methods = [each["method"] for each in front.rows("SELECT method FROM web_session ORDER BY id")]
    assert methods == ["link", "passkey"]


def test_a_user_who_does_not_touch_the_sensor_is_not_signed_in_and_is_told(headless: Any, front: Front) -> None:
    link = front.user("ruth")
    with device(headless, front) as hers:
        set_up(hers, link)
        hers.page.goto("about:blank")  # the overview would lead to the sign-in page itself once the session is gone
        hers.page.context.clear_cookies()
        hers.has_consent(False)
        hers.page.goto("/sign-in")
        hers.page.get_by_role("button", name="Sign in with a passkey").click()
        hers.page.get_by_text("Nothing was chosen").wait_for()
        assert not hers.is_in()


def test_a_passkey_that_the_hub_does_not_know_is_refused_in_words(headless: Any, front: Front) -> None:
    link = front.user("gone")
    with device(headless, front) as hers:
        set_up(hers, link)
        with front.opened.hub.store.writing() as session:
            forget_ways_in(session, user_named(session, "gone"))
        hers.page.goto("about:blank")  # the overview would lead to the sign-in page itself once the session is gone
        hers.page.context.clear_cookies()
        hers.page.goto("/sign-in")
        hers.page.get_by_role("button", name="Sign in with a passkey").click()
        hers.page.get_by_text("does not know this passkey").wait_for()
        assert not hers.is_in()


def test_a_passkey_is_added_renamed_and_removed_on_the_own_page(headless: Any, front: Front) -> None:
    front.user("paul")
    secret = front.give_password("paul")
    with device(headless, front) as his:
        his.page.goto("/sign-in?next=/me")
        his.page.get_by_label("Name or email").fill("paul")
        his.page.get_by_label("Password").fill(STRONG)
        his.page.get_by_role("button", name="Continue").click()
        his.page.get_by_label("Six digits").fill(pyotp.TOTP(secret).at(int(front.clock().timestamp())))
        his.page.get_by_role("button", name="Sign in").click()
        his.page.get_by_label("Name of the new passkey").fill("Laptop")
        his.page.get_by_role("button", name="Add a passkey").click()
        named = his.page.get_by_label("Name of the passkey")
        named.wait_for()
        assert named.input_value() == "Laptop" and len(his.keys()) == 1
        his.page.get_by_role("button", name="Add a passkey").click()
        his.page.get_by_text("has a passkey for you already").wait_for()
        named.fill("Work laptop")
        his.page.get_by_role("button", name="Rename").click()
        his.page.get_by_text("has its new name").wait_for()
        assert named.input_value() == "Work laptop"
        his.page.get_by_role("button", name="Remove", exact=True).click()
        his.page.get_by_text("You have none yet").wait_for()
        assert his.is_in()


def test_a_password_is_set_up_and_used_without_javascript(headless: Any, front: Front) -> None:
    link = front.user("nora")
    context = headless.new_context(base_url=front.address, java_script_enabled=False)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(link)
    assert not page.get_by_role("button", name="Create a passkey").is_visible()
    page.get_by_text("Use a password and an app instead").click()
    page.get_by_text("It cannot be scanned").click()
    secret = page.locator("details details code").inner_text().replace(" ", "")
    page.get_by_label("Password", exact=True).fill(STRONG)
    page.get_by_label("The password again").fill(STRONG)
    page.get_by_label("The six digits").fill(pyotp.TOTP(secret).at(int(front.clock().timestamp())))
    page.get_by_role("button", name="Save and sign in").click()
    page.get_by_role("link", name="I have kept them").wait_for()
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    assert page.request.get("/me", max_redirects=0).status == 200
    context.close()
