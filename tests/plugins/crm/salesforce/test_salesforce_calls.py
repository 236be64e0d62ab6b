"""Calls become Tasks in Salesforce, each once, on the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.api import CallActivity
from hub.testing import FrozenClock, connect
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox

CALLER = "+13125550142"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[Sandbox]:
    with Sandbox(clock) as running:
        yield running


@pytest.fixture
def salesforce(sandbox: Sandbox, clock: FrozenClock) -> Salesforce:
    return connect(Salesforce, sandbox, clock=clock)


def activity(key: str, **changes: Any) -> CallActivity:
    values: dict[str, Any] = {
        "key": key,
        "answered": True,
        "started_at": datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
        "duration": 93,
        "tracking_number": "+13125550100",
        "company": "Example Plumbing",
        "source": "Google Ads",
        "campaign": "Leaks",
        "caller_number": CALLER,
    }
    return CallActivity(**{**values, **changes})


def test_a_call_is_logged_on_the_contact_that_has_the_number(salesforce: Salesforce, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    [receipt] = salesforce.log_calls([activity("call-1")])
    assert (receipt.key, receipt.status) == ("call-1", "delivered")
    [logged] = sandbox.activities()
    assert logged["key"] == "call-1"
    assert logged["contact_id"] == contact
    assert logged["CallType"] == "Inbound"
    assert logged["CallDurationInSeconds"] == 93
    assert "Campaign: Leaks" in logged["Description"]


def test_the_same_call_twice_makes_one_task(salesforce: Salesforce, sandbox: Sandbox) -> None:
    first = salesforce.log_calls([activity("call-1")])
    again = salesforce.log_calls([activity("call-1"), activity("call-2"), activity("call-2")])
    assert [receipt.status for receipt in first] == ["delivered"]
    assert [receipt.status for receipt in again] == ["duplicate", "delivered", "duplicate"]
    assert [logged["key"] for logged in sandbox.activities()] == ["call-1", "call-2"]


def test_a_deal_comes_back_with_its_value_and_its_callers_number(salesforce: Salesforce, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER, "jo@example.com")
    salesforce.log_calls([activity("call-1")])
    deal = sandbox.add_deal(contact, "won", "450.50", "USD")
    page = salesforce.pull_outcomes(None)
    [outcome] = page.outcomes
    assert (outcome.external_id, outcome.stage, str(outcome.value)) == (deal, "won", "450.5 USD")
    assert outcome.phone_numbers == (CALLER,)
    assert outcome.call_key == "call-1"
    assert not page.more
    assert salesforce.pull_outcomes(page.cursor).outcomes == ()
