"""Signing in to Salesforce: by key or refresh token, renewed once, and told clearly where it fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from hub.api import AuthError, ConfigError, Rejected, RetryLater
from hub.testing import FrozenClock, connect
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox
from plugins.crm.salesforce.settings import SalesforceSettings

TOKEN = ("POST", "/services/oauth2/token")


def asked(sandbox: Sandbox) -> int:
    return sandbox.requests.count(TOKEN)


def test_a_token_is_fetched_once_and_kept_for_the_next_process(sandbox: Sandbox, salesforce: Salesforce) -> None:
    salesforce.pull_outcomes(None)
    after_restart = Salesforce("salesforce", salesforce.settings, salesforce.services)
    after_restart.pull_outcomes(None)
    assert asked(sandbox) == 1


def test_a_key_that_the_app_does_not_know_is_refused(sandbox: Sandbox, clock: FrozenClock) -> None:
    stranger = RSAKey.generate_key(2048).as_pem(private=True).decode()
    forged = connect(Salesforce, sandbox, clock=clock, private_key=stranger)
    with pytest.raises(AuthError, match="invalid assertion"):
        forged.pull_outcomes(None)
    assert sandbox.sessions == set()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "stranger@example.com"}, "hasn't approved this consumer"),
        ({"audience": "https://example.com"}, "audience is invalid"),
        ({"client_id": "another"}, "client identifier invalid"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(
    sandbox: Sandbox, clock: FrozenClock, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(AuthError, match=words) as caught:
        connect(Salesforce, sandbox, clock=clock, **changes).pull_outcomes(None)
    assert "reconnect" in str(caught.value)
    assert "stranger@" not in str(caught.value)


def test_an_assertion_of_yesterday_is_refused(sandbox: Sandbox, clock: FrozenClock) -> None:
    late = FrozenClock(clock.now)
    late.advance(days=-1)
    with pytest.raises(AuthError, match="expired"):
        connect(Salesforce, sandbox, clock=late).pull_outcomes(None)


def test_an_expired_session_is_renewed_and_the_call_goes_on(sandbox: Sandbox, salesforce: Salesforce) -> None:
    salesforce.pull_outcomes(None)
    sandbox.expire_sessions()
    sandbox.add_deal(sandbox.add_contact("Jo Roe", "+13125550142"), "won", "10", "USD")
    assert len(salesforce.pull_outcomes(None).outcomes) == 1
    assert asked(sandbox) == 2


def test_of_many_threads_one_renews_the_session(sandbox: Sandbox, salesforce: Salesforce) -> None:
    salesforce.pull_outcomes(None)
    for _ in range(3):
        before = asked(sandbox)
        sandbox.expire_sessions()
        with ThreadPoolExecutor(8) as threads:
            pages = list(threads.map(lambda _: salesforce.pull_outcomes(None), range(16)))
        assert len(pages) == 16
        assert asked(sandbox) == before + 1


def test_a_session_that_is_refused_when_fresh_asks_a_person(sandbox: Sandbox, salesforce: Salesforce) -> None:
    sandbox.locked_out = True
    with pytest.raises(AuthError, match="INVALID_SESSION_ID"):
        salesforce.pull_outcomes(None)
    assert asked(sandbox) == 2
    assert sandbox.requests.count(("GET", "/services/data/v66.0/query/")) == 2


def test_a_rotated_refresh_token_replaces_the_one_in_the_settings(sandbox: Sandbox, clock: FrozenClock) -> None:
    sandbox.rotate_refresh_tokens = True
    granted = sandbox.refresh_token_settings()
    salesforce = connect(Salesforce, clock=clock, **granted)
    for _ in range(3):
        salesforce.pull_outcomes(None)
        sandbox.expire_sessions()
    assert granted["refresh_token"] not in sandbox.refresh_tokens
    assert len(sandbox.refresh_tokens) == 1


def test_a_token_of_other_settings_is_not_used(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, clock=clock, **sandbox.refresh_token_settings())
    salesforce.services.tokens.save(
        {"identity": "of another app", "access_token": "x", "instance_url": sandbox.url, "refresh_token": "y"}
    )
    salesforce.pull_outcomes(None)
    assert asked(sandbox) == 1


def test_a_withdrawn_refresh_token_asks_a_person(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, clock=clock, **sandbox.refresh_token_settings())
    sandbox.refresh_tokens.clear()
    with pytest.raises(AuthError, match="expired access/refresh token"):
        salesforce.pull_outcomes(None)


def test_without_key_and_token_the_connector_is_not_connected(sandbox: Sandbox) -> None:
    unconnected = connect(Salesforce, client_id="app", login_url=sandbox.url)
    with pytest.raises(AuthError, match="not signed in"):
        unconnected.pull_outcomes(None)
    assert not unconnected.check_connection().ok


@pytest.mark.parametrize("key", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "{}"])
def test_a_private_key_that_is_none_is_a_mistake_in_the_settings(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(ConfigError, match="private_key"):
        connect(Salesforce, sandbox, private_key=key).pull_outcomes(None)


@pytest.mark.parametrize(
    "instance", ["https://evil.example.com", "http://169.254.169.254", "https://salesforce.com.example.com"]
)
def test_an_instance_that_is_not_salesforces_gets_no_token(sandbox: Sandbox, clock: FrozenClock, instance: str) -> None:
    sandbox.instance_url = instance
    with pytest.raises(Rejected, match="manifest does not declare"):
        connect(Salesforce, sandbox, clock=clock).pull_outcomes(None)


def test_proxies_and_authorities_of_the_environment_do_not_count(
    sandbox: Sandbox, salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert salesforce.check_connection().ok


def test_a_busy_sign_in_is_tried_later(sandbox: Sandbox, clock: FrozenClock) -> None:
    for description in ("login rate exceeded", 'the "user" is locked'):
        sandbox.sign_in_problem = ("invalid_grant", description)
        expected = RetryLater if "rate" in description else AuthError
        with pytest.raises(expected):
            connect(Salesforce, sandbox, clock=clock).pull_outcomes(None)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"private_key": "x"}, "username"),
        ({"username": "x"}, "private_key"),
        ({"private_key": "x", "username": "y", "refresh_token": "z"}, "two ways"),
        ({"login_url": "ftp://example.com"}, "login_url"),
        ({"login_url": "https://good@bad.example.com"}, "login_url"),
        ({"call_key_field": "Id FROM Task; --"}, "call_key_field"),
        ({"task_fields": {"Subject": "source"}}, "custom field"),
        ({"task_fields": {"X__c": "caller_number"}}, "caller_number|source"),
        ({"time_zone": "Mars/Base"}, "time zone"),
        ({"stages": {"Open": "maybe"}}, "qualified"),
        ({"task_fields": {"Ä__c": "source"}}, "custom field"),
        ({"api_version": "latest"}, "api_version"),
        ({"api_version": "40.0"}, "api_version"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SalesforceSettings(client_id="app", **settings)


@pytest.mark.parametrize(
    ("login_url", "audience"),
    [
        ("https://login.salesforce.com/", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://example.my.salesforce.com", "https://login.salesforce.com"),
        ("https://example--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_the_assertion_is_for_the_login_or_the_test_address(login_url: str, audience: str) -> None:
    from plugins.crm.salesforce.sign_in import audience as audience_of

    assert audience_of(SalesforceSettings(client_id="app", login_url=login_url)) == audience
