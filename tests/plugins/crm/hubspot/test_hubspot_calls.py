"""Calls on their way into HubSpot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import AuthError, ConfigError, RetryLater
from hub.api.crm import CallActivity
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox
from plugins.crm.hubspot.translate import BODY_LENGTH, TITLE_LENGTH, call_properties


def call(key: str = "call-1", **changes: Any) -> CallActivity:
    told: dict[str, Any] = {
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


def test_a_call_is_written_onto_the_callers_contact(connector: HubSpot, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Ada Example", "(312) 555-0142")
    (receipt,) = connector.log_calls([call(recording_url="https://calls.example.com/r/1", answered=False)])
    (logged,) = sandbox.activities()
    assert (receipt.status, receipt.reference) == ("delivered", logged["id"])
    assert logged == {
        "key": "call-1",
        "id": receipt.reference,
        "contact_id": contact,
        "ringfence_call_id": "call-1",
        "hs_timestamp": "2026-11-24T14:00:00.000Z",
        "hs_call_direction": "INBOUND",
        "hs_call_duration": "95000",
        "hs_call_from_number": "+13125550142",
        "hs_call_to_number": "+13125550100",
        "hs_call_status": "NO_ANSWER",
        "hs_call_title": "Missed inbound call from Google Ads / Spring",
        "hs_call_body": "Company: Example Plumbing<br>Source: Google Ads<br>Campaign: Spring",
        "hs_call_recording_url": "https://calls.example.com/r/1",
    }


def test_an_outbound_call_goes_from_our_number_to_the_callers() -> None:
    told = call_properties(call(direction="outbound"), "ringfence_call_id")
    assert told["hs_call_direction"] == "OUTBOUND"
    assert (told["hs_call_from_number"], told["hs_call_to_number"]) == ("+13125550100", "+13125550142")


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_every_version_of_the_paths_can_be_chosen(sandbox: Sandbox, clock: FrozenClock, version: str) -> None:
    sandbox.add_contact("Ada Example", "+13125550142")
    connector = connect(HubSpot, sandbox, clock=clock, api_version=version)
    assert [receipt.status for receipt in connector.log_calls([call()])] == ["delivered"]
    assert all(version in path or "/v4/" in path for _, path in sandbox.requests), sandbox.requests


def test_the_same_call_again_is_a_duplicate_and_still_put_on_the_contact(connector: HubSpot, sandbox: Sandbox) -> None:
    connector.log_calls([call()])
    contact = sandbox.add_contact("Ada Example", "+13125550142")
    (receipt,) = connector.log_calls([call()])
    assert receipt.status == "duplicate"
    assert [entry["contact_id"] for entry in sandbox.activities()] == [contact]


def test_a_call_whose_association_failed_is_finished_by_the_next_try(connector: HubSpot, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Ada Example", "+13125550142")
    connector.log_calls([call("first")])
    sandbox.fail_from(3, Fault("status", 503))
    with pytest.raises(RetryLater):
        connector.log_calls([call("second")])
    assert [entry["contact_id"] for entry in sandbox.activities()] == [contact, None]
    sandbox.heal()
    assert [receipt.status for receipt in connector.log_calls([call("second")])] == ["duplicate"]
    assert [entry["contact_id"] for entry in sandbox.activities()] == [contact, contact]


def test_a_call_that_cannot_be_put_on_its_contact_is_logged_and_says_so(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add_contact("Ada Example", "+13125550142")
    connector.log_calls([call("first")])
    sandbox.fail_from(3, Fault("status", 400))
    linked, unknown = connector.log_calls([call("second"), call("third", caller_number="+13125550143")])
    assert (linked.status, linked.reason) == (
        "delivered",
        "logged, but not on the contact: HubSpot refuses the association (no code)",
    )
    assert (unknown.status, unknown.reason) == ("delivered", None)


def test_a_hundred_callers_are_searched_within_hubspots_limit_of_characters(
    connector: HubSpot, sandbox: Sandbox
) -> None:
    numbers = [f"+131255501{n:02}" for n in range(100)]
    contacts = [sandbox.add_contact("Ada Example", number) for number in numbers]
    receipts = connector.log_calls([call(f"call-{n}", caller_number=number) for n, number in enumerate(numbers)])
    assert {(receipt.status, receipt.reason) for receipt in receipts} == {("delivered", None)}
    assert [entry["contact_id"] for entry in sandbox.activities()] == contacts
    assert sum(path.endswith("/search") for _, path in sandbox.requests) <= 5


def test_a_refused_search_never_decides_about_the_calls(connector: HubSpot, sandbox: Sandbox) -> None:
    numbers = [f"+131255501{n:02}" for n in range(60)]
    for number in numbers:
        sandbox.add_contact("Ada Example", number)
    connector.log_calls([call("first", caller_number=None)])
    sandbox.refuse("call-7")
    sandbox.fail_from(1, Fault("status", 400), times=1)
    receipts = connector.log_calls([call(f"call-{n}", caller_number=number) for n, number in enumerate(numbers)])
    assert receipts[7].status == "rejected" and receipts[7].code == "VALIDATION_ERROR"
    assert {receipt.status for receipt in receipts if receipt.key != "call-7"} == {"delivered"}
    unlinked = [receipt for receipt in receipts if receipt.status == "delivered" and receipt.reason]
    assert 0 < len(unlinked) < 59
    assert {one.reason for one in unlinked} == {
        "logged, but not on the contact: HubSpot refuses the search for contacts (no code)"
    }


def test_the_unique_property_is_made_again_after_somebody_took_it_away(connector: HubSpot, sandbox: Sandbox) -> None:
    connector.log_calls([call("first")])
    sandbox.account.tables["calls"].own.clear()
    assert [receipt.status for receipt in connector.log_calls([call("second")])] == ["delivered"]


def test_without_the_right_to_make_the_property_a_person_is_told_how(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.account.scopes.remove("crm.schemas.contacts.write")
    with pytest.raises(ConfigError, match="text property 'ringfence_call_id' with unique values on calls"):
        connector.log_calls([call()])
    assert not sandbox.records("calls")


def test_a_property_that_allows_doubles_is_refused(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.account.tables["calls"].own["ringfence_call_id"] = {"hasUniqueValue": False}
    with pytest.raises(ConfigError, match="allows duplicates"):
        connector.log_calls([call()])


def test_a_lacking_scope_asks_to_reconnect(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.account.scopes.remove("crm.objects.contacts.write")
    with pytest.raises(AuthError, match="scope"):
        connector.log_calls([call()])


def test_one_refused_call_does_not_cost_the_others_their_receipt(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.refuse("call-3", "Ada at ada@example.com, +1 (312) 555-0142, see https://example.com/x: no")
    receipts = connector.log_calls([call(f"call-{n}", caller_name="Ada") for n in range(6)])
    assert [receipt.status for receipt in receipts] == [*["delivered"] * 3, "rejected", *["delivered"] * 2]
    assert receipts[3].code == "VALIDATION_ERROR"
    assert receipts[3].reason == "… at …, …, see … no"


def test_a_call_for_which_the_whole_batch_is_refused_is_found_and_rejected_alone(
    connector: HubSpot, sandbox: Sandbox
) -> None:
    sandbox.refuse("call-5", whole_batch=True)
    receipts = connector.log_calls([call(f"call-{n}") for n in range(20)])
    assert [receipt.key for receipt in receipts if receipt.status == "rejected"] == ["call-5"]
    assert len(sandbox.activities()) == 19


def test_a_limit_that_ends_the_search_for_the_bad_call_leaves_the_rest_for_later(
    connector: HubSpot, sandbox: Sandbox, clock: FrozenClock
) -> None:
    for number in range(20):
        sandbox.refuse(f"call-{number}", whole_batch=True)
    sandbox.burst = 12
    receipts = connector.log_calls([call(f"call-{n}", caller_number=None) for n in range(20)])
    assert {receipt.status for receipt in receipts} == {"rejected", "retry"}
    assert {receipt.retry_after for receipt in receipts if receipt.status == "retry"} == {10.0}
    clock.advance(seconds=10)
    sandbox.burst = 190
    left = [call(receipt.key, caller_number=None) for receipt in receipts if receipt.status == "retry"]
    assert {receipt.status for receipt in connector.log_calls(left)} == {"rejected"}


def test_nothing_to_log_asks_nothing(connector: HubSpot, sandbox: Sandbox) -> None:
    assert list(connector.log_calls([])) == []
    assert not sandbox.requests


@given(st.text(), st.text(max_size=40), st.none() | st.text(), st.none() | st.text())
def test_any_text_of_an_ad_or_a_caller_stays_text(source: str, company: str, campaign: str | None, name: str) -> None:
    told = call_properties(call(source=source, company=company, campaign=campaign, caller_name=name), "id")
    title, body = told["hs_call_title"], told.get("hs_call_body", "")
    assert "<" not in body.replace("<br>", "")
    assert len(title) <= TITLE_LENGTH and len(body) <= BODY_LENGTH
    assert "\x00" not in title + body
    (title + body).encode()
