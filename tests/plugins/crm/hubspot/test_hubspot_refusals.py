"""HubSpot's refusals, and what the hub does next."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import AuthError, Caller, ConfigError, Rejected, RetryLater, without_personal_data
from hub.api.sandbox import Fault
from hub.testing import samples
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.client import dated_path
from plugins.crm.hubspot.refusals import HUBSPOT
from plugins.crm.hubspot.sandbox import Sandbox

NOW = datetime(2026, 7, 9, 15, 30, tzinfo=UTC)


def error_of(status: int, body: Any, headers: dict[str, str] | None = None) -> Exception:
    return HUBSPOT.error(HUBSPOT.refusal(status, headers, body, NOW))


def after(policy: str | None = None, **headers: str) -> float | None:
    body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = error_of(429, json.dumps(body), named)
    assert isinstance(error, RetryLater)
    return error.after


def test_a_limit_is_waited_for_as_long_as_hubspot_says() -> None:
    assert after("DAILY", Retry_After="17") == 17
    assert after("SECONDLY") == 1
    assert after("TEN_SECONDLY_ROLLING", X_HubSpot_RateLimit_Interval_Milliseconds="10000") == 10
    assert after(X_HubSpot_RateLimit_Interval_Milliseconds="nonsense") == 10


def test_a_spent_day_is_looked_at_every_hour() -> None:
    assert after("DAILY") == 3600
    assert after(X_HubSpot_RateLimit_Daily_Remaining="0") == 3600


@pytest.mark.parametrize(("status", "kind"), [
    (401, AuthError), (403, AuthError), (400, Rejected), (404, Rejected), (409, Rejected), (414, Rejected),
    (408, RetryLater), (423, RetryLater), (477, RetryLater), (500, RetryLater),
    (502, RetryLater), (0, RetryLater), (302, RetryLater),
])  # fmt: skip
@pytest.mark.parametrize("body", [None, "", "<html>", "[]", "[" * 100_000, '{"message": 5, "category": []}', b"\xff"])
def test_every_status_has_its_class_whatever_the_body(status: int, kind: type[Exception], body: Any) -> None:
    assert type(error_of(status, body)) is kind


def test_a_rejection_keeps_hubspots_category_and_words() -> None:
    error = error_of(400, '{"category": "VALIDATION_ERROR", "message": "no such stage"}')
    assert isinstance(error, Rejected) and error.code == "VALIDATION_ERROR" and "no such stage" in str(error)


def test_personal_data_is_taken_out_of_hubspots_words() -> None:
    told = "Ada Example (ada@example.com, (312) 555-0142, +13125550142) at https://example.com/?x=1 has 3 deals"
    assert without_personal_data(told, ["Ada Example", None, ""]) == "… (…, …, …) at … has 3 deals"
    assert without_personal_data(None) == without_personal_data({"a": 1}) == ""


@given(st.text(), st.lists(st.text(min_size=2)))
def test_what_was_sent_never_comes_back(text: str, sent: list[str]) -> None:
    told = without_personal_data(" ".join([text, *sent]), sent)
    assert len(told) <= 300
    assert not [value for value in sent if value in told and "…" not in value]


@pytest.mark.parametrize("status", [302, 418, 429, 500, 503])
def test_the_wire_ends_in_our_errors(connector: HubSpot, sandbox: Sandbox, status: int) -> None:
    sandbox.fail_next(Fault("status", status))
    with pytest.raises(Rejected if status == 418 else RetryLater):
        connector.pull_outcomes(None)


def test_the_sandboxs_burst_limit_is_waited_for(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.burst = 0
    with pytest.raises(RetryLater, match="TEN_SECONDLY_ROLLING") as caught:
        connector.log_calls([samples.call_activity(sandbox.clock())])
    assert caught.value.after == 10


def test_paths_are_dated_as_in_hubspots_reference() -> None:
    assert dated_path("/crm/v3/objects/contacts/search", "2026-09") == "/crm/objects/2026-09/contacts/search"
    assert dated_path("/crm/v3/properties/calls", "2026-09") == "/crm/properties/2026-09/calls"
    links = "/crm/v4/associations/deals/contacts/batch/read"
    assert dated_path(links, "2026-03") == "/crm/associations/2026-03/deals/contacts/batch/read"
    assert dated_path(links, "v3") == links


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    connector: HubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hubspot", None)
    with pytest.raises(ConfigError, match=r"install the extra hubspot: `hub docs deploy/one-machine#extras`"):
        connector.enrich_caller(Caller(phone_number="+13125550142"))
