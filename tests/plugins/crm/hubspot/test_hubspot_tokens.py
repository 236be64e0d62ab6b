"""Signing in: fixed tokens, and OAuth's that are renewed once for all threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from hub.api import AuthError, RetryLater
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox
from plugins.crm.hubspot.settings import HubSpotSettings


def oauth(sandbox: Sandbox, clock: FrozenClock, **changes: Any) -> HubSpot:
    settings = {**sandbox.oauth_settings(), **changes}
    return connect(HubSpot, clock=clock, timeout=10.0, **settings)


@pytest.fixture
def connector(sandbox: Sandbox, clock: FrozenClock) -> HubSpot:
    return oauth(sandbox, clock)


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(count)]]


def test_many_threads_share_one_refresh(connector: HubSpot, sandbox: Sandbox) -> None:
    assert all(report.ok for report in at_once(8, connector.check_connection))
    assert sandbox.refreshes == 1


def test_many_threads_whose_token_was_refused_share_one_refresh(connector: HubSpot, sandbox: Sandbox) -> None:
    assert connector.check_connection().ok
    sandbox.expire_tokens()
    assert all(report.ok for report in at_once(8, connector.check_connection))
    assert sandbox.refreshes == 2


def test_a_token_is_renewed_before_it_ends(connector: HubSpot, sandbox: Sandbox, clock: FrozenClock) -> None:
    assert connector.check_connection().ok
    clock.advance(minutes=28)
    assert connector.check_connection().ok and sandbox.refreshes == 1
    clock.advance(minutes=1, seconds=30)
    assert connector.check_connection().ok and sandbox.refreshes == 2


def test_a_token_survives_a_restart_and_a_new_refresh_token_replaces_it(sandbox: Sandbox, clock: FrozenClock) -> None:
    first = oauth(sandbox, clock)
    assert first.check_connection().ok
    again = HubSpot("hubspot", first.settings, first.services)
    assert again.check_connection().ok and sandbox.refreshes == 1
    sandbox.refresh_token = "after-the-app-was-installed-again"
    anew = HubSpot("hubspot", HubSpotSettings.model_validate(sandbox.oauth_settings()), first.services)
    assert anew.check_connection().ok and sandbox.refreshes == 2


def test_a_refresh_token_that_hubspot_rotates_is_kept(connector: HubSpot, sandbox: Sandbox) -> None:
    assert connector.check_connection().ok
    sandbox.rotate_refresh_token()
    sandbox.expire_tokens()
    assert connector.check_connection().ok
    sandbox.expire_tokens()
    assert connector.check_connection().ok
    assert sandbox.refreshes == 3


def test_a_refused_token_is_renewed_once_and_then_a_person_is_asked(connector: HubSpot, sandbox: Sandbox) -> None:
    assert connector.check_connection().ok
    sandbox.fail_next(Fault("status", 401))
    assert connector.check_connection().ok and sandbox.refreshes == 2
    sandbox.refresh_token = "revoked"
    sandbox.expire_tokens()
    with pytest.raises(AuthError, match="installs the app again"):
        connector.pull_outcomes(None)


def test_a_fixed_token_that_is_refused_asks_a_person(sandbox: Sandbox, clock: FrozenClock) -> None:
    connector = connect(HubSpot, sandbox, clock=clock, access_token="revoked")
    with pytest.raises(AuthError, match=r"rejects the credentials.*install the app again"):
        connector.pull_outcomes(None)


@pytest.mark.parametrize(
    "fault",
    [Fault("status", 500), Fault("status", 429, retry_after=9), Fault("garbage"), Fault("status", 302)],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_token_endpoint_in_trouble_is_tried_later(connector: HubSpot, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.fail_next(fault)
    with pytest.raises(RetryLater) as caught:
        connector.pull_outcomes(None)
    assert caught.value.after == fault.retry_after


def test_a_hubspot_that_is_not_there_is_tried_later(sandbox: Sandbox, clock: FrozenClock) -> None:
    for settings in (sandbox.settings(), sandbox.oauth_settings()):
        connector = connect(HubSpot, clock=clock, **{**settings, "base_url": "http://127.0.0.1:9"})
        with pytest.raises(RetryLater):
            connector.pull_outcomes(None)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"client_id": "a", "refresh_token": "b"},
        {"access_token": "a", "refresh_token": "b"},
        {"access_token": "a", "api_version": "v4"},
        {"access_token": "a", "stages": {"x": "wonn"}},
        {"access_token": "a", "base_url": "api.hubapi.com"},
    ],
)
def test_settings_that_cannot_work_are_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HubSpotSettings.model_validate(written)
