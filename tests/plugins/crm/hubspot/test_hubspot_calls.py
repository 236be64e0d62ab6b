"""Calls on their way into HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.api import CallActivity
from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[Sandbox]:
    sandbox = Sandbox(clock)
    with sandbox:
        yield sandbox


def call(key: str = "call-1", **changes: Any) -> CallActivity:
    told = {
        "key": key,
        "answered": True,
        "started_at": datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
        "duration": 95,
        "tracking_number": "+13125550100",
        "company": "Example Plumbing",
        "source": "Google Ads",
        "campaign": "Spring",
        "caller_number": "+13125550142",
    }
    return CallActivity(**{**told, **changes})


def test_a_call_is_written_onto_the_callers_contact(sandbox: Sandbox, clock: FrozenClock) -> None:
    contact = sandbox.add_contact("Ada Example", "(312) 555-0142")
    receipts = connect(HubSpot, sandbox, clock=clock).log_calls([call()])
    assert [receipt.status for receipt in receipts] == ["delivered"]
    logged = sandbox.activities()[0]
    assert logged["key"] == "call-1"
    assert logged["contact_id"] == contact
    assert logged["hs_call_duration"] == "95000"


def test_a_deal_that_was_won_comes_back(sandbox: Sandbox, clock: FrozenClock) -> None:
    deal = sandbox.add_deal(sandbox.add_contact("Ada Example", "(312) 555-0142"), "won", "1200.50", "EUR")
    page = connect(HubSpot, sandbox, clock=clock).pull_outcomes(None)
    assert [(one.external_id, one.stage, str(one.value), one.phone_numbers) for one in page.outcomes] == [
        (deal, "won", "1200.50 EUR", ("+13125550142",))
    ]
    assert not page.more
