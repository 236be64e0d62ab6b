"""Signing in at Google: each kind of credentials, a token that ends, and an endpoint that fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.api import AuthError, ConfigError, Conversion, RetryLater
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox

Make = Callable[..., Conversion]
SINKS = pytest.mark.parametrize("api", ["data_manager", "google_ads"])


@SINKS
def test_one_token_serves_until_it_ends(google: Sandbox, clock: FrozenClock, make: Make, api: str) -> None:
    connector = connect(GoogleAds, google, clock=clock, api=api)
    for _ in range(3):
        connector.upload_conversions([make()], dry_run=False)
    assert google.tokens.granted == 1
    clock.advance(minutes=59)
    connector.upload_conversions([make()], dry_run=False)
    assert google.tokens.granted == 2


@SINKS
def test_a_token_that_google_refuses_is_renewed_once_and_the_batch_goes(
    google: Sandbox, clock: FrozenClock, make: Make, api: str
) -> None:
    connector = connect(GoogleAds, google, clock=clock, api=api)
    connector.upload_conversions([make()], dry_run=False)
    google.tokens.expire()
    item = make()
    (receipt,) = connector.upload_conversions([item], dry_run=False)
    assert receipt.status in ("delivered", "accepted") and item.key in google.conversions()
    assert google.tokens.granted == 2


@SINKS
def test_credentials_that_were_taken_back_ask_to_reconnect(
    google: Sandbox, clock: FrozenClock, make: Make, api: str
) -> None:
    connector = connect(GoogleAds, google, clock=clock, api=api)
    connector.upload_conversions([make()], dry_run=False)
    google.tokens.expire()
    google.tokens.revoked = True
    with pytest.raises(AuthError, match="invalid_grant"):
        connector.upload_conversions([make()], dry_run=False)
    report = connector.check_connection()
    assert not report.ok and "reconnect" in report.detail


def test_a_service_account_signs_in_with_its_key(google: Sandbox, clock: FrozenClock, make: Make) -> None:
    key = google.tokens.service_account_key()
    connector = connect(GoogleAds, google, clock=clock, credentials={"service_account": key})
    (receipt,) = connector.upload_conversions([make()], dry_run=False)
    assert receipt.status == "accepted"


def test_a_service_accounts_broken_key_is_a_matter_of_set_up(google: Sandbox, clock: FrozenClock, make: Make) -> None:
    key = '{"client_email": "stand-in@project.example.com", "private_key": "-----BEGIN PRIVATE KEY-----\\nzzz"}'
    connector = connect(GoogleAds, google, clock=clock, credentials={"service_account": key})
    with pytest.raises(ConfigError, match="private key") as refused:
        connector.upload_conversions([make()], dry_run=False)
    assert "zzz" not in str(refused.value)


def test_a_wrong_client_secret_asks_to_reconnect_and_is_not_told(google: Sandbox, clock: FrozenClock) -> None:
    credentials = {**google.settings()["credentials"], "client_secret": "a-wrong-secret"}
    connector = connect(GoogleAds, google, clock=clock, credentials=credentials)
    report = connector.check_connection()
    assert not report.ok and "invalid_client" in report.detail and "a-wrong-secret" not in report.detail


def test_many_threads_renew_a_token_once(google: Sandbox, clock: FrozenClock, make: Make) -> None:
    connector = connect(GoogleAds, google, clock=clock)
    batches = [[make()] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda batch: connector.upload_conversions(batch, dry_run=False), batches))
    assert google.tokens.granted == 1


@pytest.mark.parametrize(
    ("fault", "error", "after"),
    [
        (Fault("status", 429, retry_after=9), RetryLater, 9.0),
        (Fault("status", 500), RetryLater, None),
        (Fault("hang", seconds=1.0), RetryLater, None),
        (Fault("garbage"), RetryLater, None),
        (Fault("status", 400), AuthError, None),
    ],
)
def test_a_token_endpoint_that_fails_ends_in_the_right_error(
    google: Sandbox, clock: FrozenClock, make: Make, fault: Fault, error: Any, after: float | None
) -> None:
    connector = connect(GoogleAds, google, clock=clock, timeout=0.2 if fault.kind == "hang" else 10.0)
    google.fail_next(fault)
    with pytest.raises(error) as raised:
        connector.upload_conversions([make()], dry_run=False)
    assert getattr(raised.value, "after", None) == after
