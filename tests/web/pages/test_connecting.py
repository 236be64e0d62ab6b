"""Signing in at a provider from the page of connectors: the account, the rules, what is refused, and what is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from page_client import PageClient, signed_in
from provider_stage import Providers, environment, open_provider_stage, running_providers
from provider_stage import agree as agree_at
from testbed import TestHub

from hub.model import AuditEntry, Connecting, ConnectorState, ConnectorToken, StoredSecret, SyncSlot
from hub.reload import ConfigFile
from hub.store.connectors import pause
from hub.testing import FrozenClock
from plugins.carriers.twilio.sandbox import Sandbox as Twilio


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    with running_providers() as running:
        yield running


@pytest.fixture
def stage(
    providers: Providers, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestHub]:
    for name, value in environment(providers).items():
        monkeypatch.setenv(name, value)
    with open_provider_stage(providers, tmp_path, clock) as made:
        yield made


def agree(address: str, answer: str = "allow", account: str | None = None, leave_out: str = "") -> str:
    """What a person does on the provider's page; the path and query to which the browser is sent back."""
    target = urlsplit(agree_at(address, answer, account, leave_out))
    return f"{target.path}?{target.query}"


def begin(browser: PageClient, connector: str) -> str:
    """The provider's address."""
    answer = browser.get(f"/connectors/{connector}/sign-in/go")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def token_of(stage: TestHub, connector: str) -> dict[str, Any]:
    return stage.hub.plugins.connectors[connector].services.tokens.load() or {}


@pytest.mark.parametrize(
    ("connector", "who", "words"),
    [
        ("google", "ads@bluewrench.example.com", "Manage your Google Ads campaigns"),
        ("hubspot", "pat@northgate-drains.example.com", "Read deals"),
        ("salesforce", "robin@example.com", "Manage user data via APIs"),
    ],
)
def test_a_person_signs_in_at_the_provider_and_what_waited_goes_on(
    stage: TestHub, connector: str, who: str, words: str, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    browser = signed_in(stage)
    assert "nobody has signed in yet" in browser.text("/connectors")
    assert words in browser.text(f"/connectors/{connector}/sign-in")
    back = agree(begin(browser, connector))
    with caplog.at_level(logging.DEBUG):
        answer = browser.get(back)
    wire = ("httpx2", "httpcore2", "urllib3")  # libraries' own traces, which the hub does not switch on
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith(wire)]
    logged += capfd.readouterr()
    assert answer.status_code == 303 and answer.headers["location"] == f"/connectors/{connector}", answer.text
    page = browser.text(f"/connectors/{connector}")
    assert who in page and "nobody has signed in yet" not in page
    token = token_of(stage, connector)
    shown = browser.get(f"/connectors/{connector}").text + browser.get("/connectors").text
    for secret in (token["access_token"], token["refresh_token"], parse_qs(urlsplit(back).query)["code"][0]):
        assert secret not in shown and secret not in str(logged)
        assert secret not in str(stage.rows(AuditEntry)) and secret not in str(stage.rows(Connecting))
    assert [row.why for row in stage.rows(SyncSlot, connector=connector)] == ["command"]
    assert stage.rows(Connecting) == []
    assert browser.post(f"/connectors/{connector}/test").status_code == 200


def test_one_sign_in_mends_all_stopped_connectors_of_the_same_person(stage: TestHub) -> None:
    browser = signed_in(stage)
    for name in ("google", "google_north"):
        pause(
            stage.hub.store, name, "Google rejects the sign-in (invalid_grant); reconnect this account.", stage.clock()
        )
    assert "2 stopped" in browser.text("/connectors").replace("4 stopped", "2 stopped")
    browser.get(agree(begin(browser, "google")))
    assert "google_north goes on too" in browser.text("/connectors/google")
    assert all(row.paused_at is None for row in stage.rows(ConnectorState))
    assert token_of(stage, "google_north")["account"] == "3216540987"
    assert "Google Ads" not in browser.text("/connectors").partition("Connected")[0]


def test_a_sign_in_that_does_not_reach_the_account_changes_nothing(stage: TestHub) -> None:
    browser = signed_in(stage)
    answer = browser.get(agree(begin(browser, "google"), account="somebody@else.example.com"))
    assert answer.status_code == 422 and "not the account of google. Nothing was changed" in answer.text
    assert token_of(stage, "google") == {}
    browser.get(agree(begin(browser, "hubspot")))
    first = token_of(stage, "hubspot")
    answer = browser.get(agree(begin(browser, "hubspot"), account="somebody@else.example.com"))
    assert answer.status_code == 422 and token_of(stage, "hubspot") == first


def test_an_answer_counts_once_in_time_and_only_in_the_browser_that_asked(stage: TestHub) -> None:
    browser, colleague = signed_in(stage), signed_in(stage, "admin")
    back = agree(begin(browser, "google"))
    assert "another browser or by another user" in colleague.get(back).text
    assert "another browser or by another user" in signed_in(stage).get(back).text
    assert "does not belong" in browser.get("/connectors/oauth/callback?state=made-up&code=x").text
    assert "does not belong" in browser.get("/connectors/oauth/callback?error=access_denied").text
    assert browser.get(back).status_code == 303
    assert "does not belong" in browser.get(back).text
    late = agree(begin(browser, "google"))
    stage.clock.advance(minutes=11)
    assert "longer than ten minutes" in browser.get(late).text
    assert "does not belong" in browser.get(late).text


def test_what_the_person_refuses_is_told_and_nothing_is_kept(stage: TestHub) -> None:
    browser = signed_in(stage)
    answer = browser.get(agree(begin(browser, "google"), "deny"))
    assert answer.status_code == 422 and "Access was not allowed at the provider" in answer.text
    answer = browser.get(agree(begin(browser, "google"), leave_out="datamanager"))
    assert "Not everything that is needed was selected" in answer.text
    assert token_of(stage, "google") == {}
    browser.get(agree(begin(browser, "google"), leave_out="email"))
    assert "“Signed in by” stays empty" in browser.text("/connectors/google")


def test_a_new_account_is_chosen_from_the_providers_list_with_actions_for_the_rules(
    stage: TestHub, providers: Providers
) -> None:
    browser = signed_in(stage)
    page = browser.text("/connectors/new/google_ads")
    assert "the app of google" in page and "/connectors/oauth/callback" in page
    begun = browser.post("/connectors/new/google_ads", {"name": "google_two", "app": "google"})
    assert begun.status_code == 303, begun.text
    draft = begun.headers["location"]
    assert "Continue to Google" in browser.text(draft)
    back = agree(browser.get(f"{draft}/go").headers["location"])
    assert browser.get(back).headers["location"] == draft
    page = browser.text(draft)
    assert "Granted by ads@bluewrench.example.com" in page and "Closed at Google" in page
    assert "holds other accounts" in page and "Already connected as google_north" in page
    page = browser.text(f"{draft}?account=3216540987")
    assert "Sale (123123123, secondary)" in page and "Page view (222000111, primary), takes no uploads" in page
    chosen = {"account": "3216540987", "companies": "northgate", "rule.0": "1", "rule.1": "4"}
    wrong = browser.post(draft, chosen)
    assert wrong.status_code == 422 and "Google takes no uploads for this one: it is counted by a tag" in wrong.text
    assert "closed" in browser.post(draft, {**chosen, "account": "5550100199"}).text.lower()
    providers.google.customer_id = "3216540987"
    done = browser.post(draft, {**chosen, "rule.1": ""})
    assert done.status_code == 303, done.text[:3000]
    assert "A made-up conversion for qualified call was checked and not counted" in browser.text("/connectors")
    assert providers.google.conversions() == {} and providers.google.ingested[-1]["validateOnly"] is True
    file = stage.config_file
    assert file is not None
    config = file.check(file.read().text)
    entry = config.connectors["google_two"]
    assert (entry.settings.customer_id, entry.settings.login_customer_id) == ("3216540987", "1002003000")
    assert entry.common.companies == ("northgate",)
    assert config.conversions[0].send_to["google_two"]["conversion_action"] == 123123123
    assert "google_two" not in config.conversions[1].send_to
    text = file.read().text
    assert providers.google.tokens.client_secret not in text and "# the ads of both companies" in text
    assert "${secret:google_two.credentials.client_secret}" in text
    assert entry.settings.credentials.client_secret.get_secret_value() == providers.google.tokens.client_secret
    assert providers.google.tokens.client_secret.encode() not in stage.one(StoredSecret).ciphertext
    assert browser.get(draft).status_code == 404


def test_a_plugin_with_a_key_is_connected_by_a_form_and_the_key_never_stands_in_the_file(stage: TestHub) -> None:
    browser = signed_in(stage)
    page = browser.get("/connectors/new/twilio")
    assert page.status_code == 200 and "secrets are stored encrypted" in page.text
    with Twilio(stage.clock) as twilio:
        _connect_with_a_key(stage, browser, _typed(twilio))


def _typed(twilio: Twilio) -> dict[str, Any]:
    """What a person types who signs in with the auth token, and has no API key."""
    own = {f"set.{key}": value for key, value in twilio.settings().items() if isinstance(value, str)}
    without_key = {key: value for key, value in own.items() if not key.startswith("set.rest_key")}
    return {
        "name": "twilio_two", "companies": ["lakeside", "northgate"], "schedule": "every 15 minutes", **without_key,
    }  # fmt: skip


def _connect_with_a_key(stage: TestHub, browser: PageClient, typed: dict[str, Any]) -> None:
    token = typed["set.auth_token"]
    refused = browser.post("/connectors/new/twilio", {**typed, "set.auth_token": "made-up-token"})
    assert refused.status_code == 422 and "The test failed, so nothing was saved" in refused.text
    wrong = browser.post("/connectors/new/twilio", {**typed, "set.account_sid": "nonsense"})
    assert wrong.status_code == 422 and token not in wrong.text and stage.rows(StoredSecret) == []
    assert "already" in browser.post("/connectors/new/twilio", {**typed, "name": "twilio"}).text
    done = browser.post("/connectors/new/twilio", typed)
    assert done.status_code == 303, done.text[:3000]
    file = stage.config_file
    assert file is not None and token not in file.read().text
    settings: Any = file.check(file.read().text).connectors["twilio_two"].settings
    assert settings.auth_token.get_secret_value() == token
    assert "connectors.connect" in [row.action for row in stage.rows(AuditEntry)]


def test_a_key_that_is_enough_alone_does_without_the_sign_in(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "Access token" in browser.text("/connectors/new/hubspot")
    done = browser.post("/connectors/new/hubspot", {"name": "hubspot_two", "set.access_token": "${env:LISTED_KEY}"})
    assert done.status_code == 303 and done.headers["location"] == "/connectors", done.text[:3000]
    assert "Tag ID" in browser.text("/connectors/new/microsoft_ads")
    typed = {"set.api": "uet", "set.tag_id": "12345678", "set.uet_token": "${env:LISTED_KEY}"}
    assert browser.post("/connectors/new/microsoft_ads", {"name": "bing", **typed}).status_code == 303
    file = stage.config_file
    assert file is not None
    entries = file.check(file.read().text).connectors
    assert entries["hubspot_two"].settings.client_id is None and entries["bing"].settings.tag_id == "12345678"
    assert entries["hubspot_two"].common.schedule is not None and entries["bing"].common.companies is None


def test_the_page_of_google_ads_has_the_steps_at_google_and_begins_at_the_sign_in_once_there_is_a_client(
    stage: TestHub,
) -> None:
    browser = signed_in(stage)
    page = browser.get("/connectors/new/google_ads").text
    assert "Done already: the hub has a client there" in page and "the app of google" in page
    for address in ("projectcreate", "apis/library/datamanager.googleapis.com", "auth/audience", "auth/clients"):
        assert f'href="https://console.cloud.google.com/{address}"' in page
    assert "/connectors/oauth/callback</code>" in page
    assert 'href="https://console.twilio.com"' in browser.get("/connectors/new/twilio").text


def test_a_service_account_does_without_the_sign_in(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "Without a sign-in: a service account" in browser.text("/connectors/new/google_ads")
    key = '{"client_email": "hub@project.example.com", "private_key": "none"}'
    typed = {"name": "google_two", "set.credentials.service_account": key, "set.customer_id": "123-456-7890"}
    tried = browser.post("/connectors/new/google_ads", typed)
    assert tried.status_code == 422 and "The test failed, so nothing was saved" in tried.text, (
        "nobody is sent to sign in"
    )


def test_a_trunk_of_ones_own_is_connected_by_a_form_with_its_host_and_numbers(stage: TestHub) -> None:
    browser = signed_in(stage)
    page = browser.text("/connectors/new/sip")
    assert "Host" in page and "Numbers" in page and "Addresses" not in page, "the addresses of its host are known"
    typed = {
        "name": "line",
        "companies": ["lakeside", "northgate"],
        "set.secret": 40 * "s",
        "set.trunk.host": "sip.example.com",
        "set.numbers": "+13125550180 +13125550181",
        "set.start": "yes",
    }
    wrong = browser.post("/connectors/new/sip", {**typed, "set.trunk.host": "sip example com"})
    assert wrong.status_code == 422
    done = browser.post("/connectors/new/sip", typed)
    assert done.status_code == 303, done.text[:3000]
    file = stage.config_file
    assert file is not None and 40 * "s" not in file.read().text
    settings: Any = file.check(file.read().text).connectors["line"].settings
    assert settings.numbers == ["+13125550180", "+13125550181"]
    assert settings.trunk.host == "sip.example.com" and settings.trunk.addresses == []


def test_only_who_may_configure_signs_in_and_a_draft_is_nobody_elses(stage: TestHub) -> None:
    marketer = signed_in(stage, "marketer")
    for path in ("/connectors/google/sign-in", "/connectors/google/sign-in/go", "/connectors/new/google_ads"):
        assert marketer.get(path).status_code == 403
    owner, admin = signed_in(stage), signed_in(stage, "admin")
    draft = owner.post("/connectors/new/google_ads", {"name": "mine", "app": "google"}).headers["location"]
    assert admin.get(draft).status_code == 404 and owner.get(draft).status_code == 200
    assert owner.post(f"{draft}/stop").status_code == 303 and owner.get(draft).status_code == 404


class ReadOnlyFile(ConfigFile):
    """A config.yaml that is deployed from elsewhere."""

    @property
    def writable(self) -> bool:
        return False


def test_where_the_file_is_read_only_the_page_shows_the_change_and_keeps_the_sign_in(stage: TestHub) -> None:
    assert stage.config_file is not None
    file = ReadOnlyFile(stage.config_file.path, stage.hub.store, stage.clock)
    before = file.read().text
    browser = signed_in(replace(stage, config_file=file))
    assert "config.yaml is read-only here" in browser.text("/connectors/new/twilio")
    draft = browser.post("/connectors/new/hubspot", {"name": "hubspot_two", "app": "hubspot"}).headers["location"]
    browser.get(agree(browser.get(f"{draft}/go").headers["location"]))
    answer = browser.post(draft, {"account": "62515", "companies": ["lakeside", "northgate"]})
    assert answer.status_code == 200 and "Apply this change where the file comes from" in answer.text
    assert "+  hubspot_two:" in answer.text and "${secret:hubspot_two.client_secret}" in answer.text
    assert file.read().text == before
    assert [row.name for row in stage.rows(StoredSecret)] == ["hubspot_two.client_secret"]
    assert [row.connector for row in stage.rows(ConnectorToken)] == ["hubspot_two"]


def test_a_test_that_fails_does_not_keep_a_person_from_connecting_it_anyway(stage: TestHub) -> None:
    browser = signed_in(stage)
    with Twilio(stage.clock) as twilio:
        typed = _typed(twilio)
        wrong = {**typed, "set.auth_token": "made-up-token"}
        assert "Connect anyway" not in browser.text("/connectors/new/twilio")
        assert "Connect anyway" in browser.post("/connectors/new/twilio", wrong).text
        done = browser.post("/connectors/new/twilio", {**wrong, "anyway": "yes"})
    assert done.status_code == 303, done.text[:3000]
    assert "Its test failed: " in browser.text("/connectors")
    file = stage.config_file
    assert file is not None and "twilio_two" in file.check(file.read().text).connectors


def test_a_network_without_a_harmless_test_is_connected_with_a_warning(stage: TestHub) -> None:
    browser = signed_in(stage)
    typed = {"name": "tiktok", "schedule": "every 15 minutes", "companies": ["lakeside", "northgate"],
             "set.access_token": "no-token", "set.pixel_code": "C4A1EXAMPLE1234"}  # fmt: skip
    done = browser.post("/connectors/new/tiktok", typed)
    assert done.status_code == 303, done.text[:3000]
    page = browser.text("/connectors")
    assert "It could not be tested: " in page and "write test_event_code" in page
