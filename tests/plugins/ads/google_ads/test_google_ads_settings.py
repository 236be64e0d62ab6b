"""What the customer may write for a Google Ads account, and what is refused with a clear word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from plugins.ads.google_ads.settings import GoogleAdsDestination, GoogleAdsSettings

CLIENT = {"client_id": "client", "client_secret": "secret-of-client", "refresh_token": "refresh-me"}


def settings(**written: Any) -> GoogleAdsSettings:
    return GoogleAdsSettings.model_validate({"customer_id": "123-456-7890", "credentials": CLIENT} | written)


@pytest.mark.parametrize("written", ["123-456-7890", "1234567890", 1234567890, " 123 456 7890 "])
def test_an_account_id_may_be_written_as_google_shows_it(written: Any) -> None:
    assert settings(customer_id=written).customer_id == "1234567890"


@pytest.mark.parametrize("written", ["", "abc", "123-456-78901", "１２３", None, True])
def test_anything_else_is_no_account_id(written: Any) -> None:
    with pytest.raises(ValidationError, match="123-456-7890"):
        settings(customer_id=written)


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"client_id": "client"},
        {"client_id": "client", "refresh_token": "r"},
        {"service_account": "{}"},
        {"service_account": "not json"},
        {**CLIENT, "service_account": json.dumps({"client_email": "a@example.com", "private_key": "k"})},
    ],
)
def test_credentials_are_of_one_kind_and_complete(credentials: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(credentials=credentials)
    assert "client_id" in str(refused.value) or "service account" in str(refused.value)


def test_data_manager_is_the_way_in_unless_told_otherwise() -> None:
    assert settings().api == "data_manager"
    assert settings(api="google_ads").api_version == "v26"


@pytest.mark.parametrize("endpoint", ["googleads.googleapis.com:443", "10.0.0.7:8080", "127.0.0.1.example.com:80"])
def test_tokens_never_leave_this_machine_in_the_clear(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="on this machine"):
        settings(insecure=True, endpoint=endpoint)
    assert settings(insecure=True, endpoint="127.0.0.1:18080").insecure


@pytest.mark.parametrize("written", [987654321, "987654321"])
def test_a_conversion_action_is_named_by_its_number(written: Any) -> None:
    assert GoogleAdsDestination.model_validate({"conversion_action": written}).action == "987654321"


@pytest.mark.parametrize("written", [True, -1, 1.5, "", "abc", "1e5", None, [], "9" * 21, "customers/1"])
def test_anything_else_is_no_conversion_action(written: Any) -> None:
    with pytest.raises(ValidationError, match="987654321"):
        GoogleAdsDestination.model_validate({"conversion_action": written})
