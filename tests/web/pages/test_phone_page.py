"""The page *Phone*: who gets a token for which phone, what it says of emergency calls, and where the browser may connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser_carrier import BrowserCarrier
from page_client import PageClient, signed_in
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.api.carriers import PhoneToken
from hub.errors import WrongValue
from hub.model import AuditEntry, User

Factory = Callable[..., TestHub]


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    return lite_hub(connectors={**CONNECTORS, "carrier": BrowserCarrier})


def of(stage: TestHub, email: str, role: str = "receptionist", *companies: str) -> PageClient:
    """A user with an email address."""
    browser = signed_in(stage, role, *companies)
    assert browser.user is not None
    with stage.hub.store.writing() as session:
        session.get_one(User, browser.user.id).email = email
    return browser


def asked(browser: PageClient, name: str = "anna", connector: str = "carrier") -> Any:
    return browser.post("/phone/token", {"connector": connector, "name": name})


def test_a_user_sees_the_phone_with_their_address_and_no_other(stage: TestHub) -> None:
    browser = of(stage, "anna@example.com")
    answer = browser.get("/phone")
    assert answer.text.count("data-phone ") == 1 and 'data-name="anna"' in answer.text
    assert "cannot place emergency calls" in answer.text
    assert "No phone is yours" in of(stage, "somebody@example.com", "admin").get("/phone").text
    assert "No phone is yours" in signed_in(stage, "owner").get("/phone").text, "a user without an address"


def test_the_policy_names_the_carriers_host_on_this_page_alone(stage: TestHub) -> None:
    browser = of(stage, "anna@example.com")
    policy = browser.get("/phone").headers["content-security-policy"]
    assert "connect-src 'self' wss://voice-js.roaming.twilio.com;" in policy and "script-src 'nonce-" in policy
    assert policy.count("twilio") == 1
    assert "twilio" not in browser.get("/queues").headers["content-security-policy"]
    assert "twilio" not in of(stage, "none@example.com", "admin").get("/phone").headers["content-security-policy"]


def test_a_token_is_given_for_ones_own_phone_alone_and_each_is_in_the_audit_log(stage: TestHub) -> None:
    browser = of(stage, "anna@example.com")
    answer = asked(browser)
    assert answer.json() == {"token": "token-of-anna", "seconds": 900}
    assert answer.headers["cache-control"] == "no-store"
    for refused in (asked(browser, "desk"), asked(browser, "anna", "crm"), asked(browser, "nobody")):
        assert refused.status_code == 422 and "not yours" in refused.json()["error"]
    noted = [(each.actor, each.detail) for each in stage.rows(AuditEntry) if each.action == "phones.sign_in"]
    assert browser.user is not None and noted == [(browser.user.id, "carrier anna")]


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("receptionist", 200), ("agent", 200), ("marketer", 403), ("auditor", 403)],
)
def test_only_who_may_take_calls_gets_a_token(stage: TestHub, role: str, status: int) -> None:
    assert asked(of(stage, "anna@example.com", role)).status_code == status


def test_a_user_of_companies_gets_no_phone_of_another_companys_carrier(lite_hub: Factory) -> None:
    other = {**ACCOUNTS[0], "companies": [ACCOUNTS[0]["companies"][0], {**ACCOUNTS[0]["companies"][1], "trackers": [
        {**each, "carrier": "second"} for each in ACCOUNTS[0]["companies"][1]["trackers"]
    ]}]}  # fmt: skip
    stage = lite_hub(connectors={**CONNECTORS, "second": BrowserCarrier}, accounts=[other])
    assert asked(of(stage, "anna@example.com", "admin", "lakeside"), connector="second").status_code == 422
    assert asked(of(stage, "anna@example.com", "admin", "northgate"), connector="second").status_code == 200


def test_no_token_is_valid_for_more_than_an_hour() -> None:
    with pytest.raises(WrongValue, match="3600"):
        PhoneToken(token="a", seconds=3601)
