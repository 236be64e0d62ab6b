"""Data Manager's late diagnostics: the reason of each row, people who clicked no ad, and calls straight from ads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google_ads_steps import data_manager, poll, upload

from hub.api import Conversion, PendingReceipt
from hub.contracts.values import TRANSFORMS
from hub.testing import FrozenClock
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.diagnostics import receipts_of
from plugins.ads.google_ads.sandbox import Sandbox

Make = Callable[..., Conversion]


@pytest.fixture
def connector(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    return data_manager(google, clock)


def test_diagnostics_that_are_not_ready_leave_the_item_accepted(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    google.diagnostics_delay = timedelta(minutes=30)
    receipts = upload(connector, make(), make())
    assert {receipt.status for receipt in poll(connector, receipts)} == {"accepted"}
    clock.advance(minutes=30)
    assert {receipt.status for receipt in poll(connector, receipts)} == {"delivered"}


@pytest.mark.parametrize(
    ("reason", "status", "retry_after"),
    [
        ("INVALID_GCLID", "rejected", None),
        ("EVENT_TOO_OLD", "rejected", None),
        ("DUPLICATE_TRANSACTION_ID", "duplicate", None),
        ("TOO_RECENT_CLICK", "retry", 12 * 3600),
        ("INTERNAL_ERROR", "retry", None),
    ],
)
def test_items_that_google_refused_late_get_its_reason(
    google: Sandbox, connector: GoogleAds, make: Make, reason: str, status: str, retry_after: float | None
) -> None:
    item = make()
    google.refuse_later(item.key, reason)
    (receipt,) = poll(connector, upload(connector, item))
    assert (receipt.status, receipt.code, receipt.retry_after) == (status, reason, retry_after)
    assert reason in str(receipt.reason)


def test_of_a_partial_success_each_item_gets_the_reason_of_its_own_row(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    batch = [make() for _ in range(6)]
    google.refuse_later(batch[3].key, "INVALID_GCLID")
    google.refuse_later(batch[4].key, "TOO_RECENT_CLICK")
    receipts = poll(connector, upload(connector, *batch))
    said = [(receipt.status, receipt.code) for receipt in receipts]
    assert said[3:5] == [("rejected", "INVALID_GCLID"), ("retry", "TOO_RECENT_CLICK")]
    assert set(said[:3] + said[5:]) == {("delivered", None)}


def test_without_rows_a_partial_success_says_how_many_were_lost_and_sends_none_again(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.names_rows = False
    batch = [make() for _ in range(10)]
    google.refuse_later(batch[3].key, "TOO_RECENT_CLICK")
    receipts = poll(connector, upload(connector, *batch))
    assert {(receipt.status, receipt.code) for receipt in receipts} == {("delivered", "PARTIAL_SUCCESS")}
    assert "rejected 1 of 10 events" in str(receipts[0].reason) and "TOO_RECENT_CLICK (1)" in str(receipts[0].reason)


def test_people_who_clicked_no_ad_are_not_matched_and_no_failure(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    clicked, stranger = make(), make(click_ids={})
    google.tagged = {str(TRANSFORMS["sha256_e164"]("+13125550143"))}
    lead = make(click_ids={}, phone_number=next(iter(google.tagged)))
    receipts = poll(connector, upload(connector, clicked, stranger, lead))
    assert [receipt.status for receipt in receipts] == ["delivered", "unmatched", "delivered"]
    assert (receipts[1].code, receipts[1].reason) == ("CLICK_NOT_FOUND", "Not matched: the person clicked no ad.")
    assert [len(body["events"]) for body in google.ingested] == [1, 2], "they share no request with the others"


def test_without_rows_the_people_who_clicked_no_ad_are_told_in_numbers(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.names_rows = False
    google.tagged = {str(TRANSFORMS["sha256_e164"]("+13125550143"))}
    batch = [make(click_ids={}), make(click_ids={}, phone_number=next(iter(google.tagged)))]
    receipts = poll(connector, upload(connector, *batch))
    assert {(receipt.status, receipt.code) for receipt in receipts} == {("delivered", "PARTIAL_SUCCESS")}
    assert "could not match 1 of 2 events" in str(receipts[0].reason)


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(hours=13)])
def test_a_click_that_google_does_not_know_is_sent_once_more_while_it_is_young(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make, age: timedelta
) -> None:
    item = make(clicked_at={"gclid": clock() - age}, occurred_at=clock() - timedelta(minutes=30))
    google.refuse_later(item.key, "CLICK_NOT_FOUND")
    (receipt,) = poll(connector, upload(connector, item))
    if age < timedelta(hours=12):
        assert (receipt.status, receipt.retry_after) == ("retry", 12 * 3600)
        clock.advance(hours=12)
        (receipt,) = poll(connector, upload(connector, item))
    assert (receipt.status, receipt.code) == ("unmatched", "CLICK_NOT_FOUND")
    assert receipt.reason == "Not matched: Google knows no ad click with this click id."


def test_what_an_earlier_version_accepted_is_still_understood(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    item = make(click_ids={})
    (receipt,) = upload(connector, item)
    old = replace(receipt, reference=str(receipt.reference).partition("#")[0])
    (said,) = poll(connector, [old])
    assert (said.status, said.reason) == ("unmatched", "Not matched: Google knows no ad click of this person.")


def test_a_row_with_two_reasons_says_nothing_about_the_others() -> None:
    counts = [
        {"recordCount": "1", "reason": f"PROCESSING_ERROR_REASON_{reason}", "recordIndices": [0]}
        for reason in ("INVALID_GCLID", "INVALID_EVENT")
    ]
    destination = {"productDestinationId": "987654321"}
    status = {
        "destination": destination,
        "requestStatus": "PARTIAL_SUCCESS",
        "eventsIngestionStatus": {"recordCount": "2"},
        "errorInfo": {"errorCounts": counts},
        "warningInfo": {
            "warningCounts": [
                {"recordCount": "1", "reason": "PROCESSING_WARNING_REASON_INTERNAL_ERROR", "recordIndices": [1]}
            ]
        },
    }
    now = datetime(2026, 11, 24, tzinfo=UTC)
    items = [PendingReceipt(key=str(row), reference=f"t-1#{row}:click", accepted_at=now) for row in (0, 1)]
    first, second = receipts_of(items, {"requestStatusPerDestination": [status]})
    assert (first.status, first.code) == ("rejected", "INVALID_GCLID")
    assert (second.status, second.code) == ("delivered", "INTERNAL_ERROR") and "warning" in str(second.reason)
    old = replace(items[1], reference="t-1")
    assert [each.status for each in receipts_of([old], {"requestStatusPerDestination": [status]})] == ["rejected"]


def test_doubles_are_no_loss(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    first = make()
    upload(connector, first)
    double, other = replace(first, key="call-other"), make()
    receipts = poll(connector, upload(connector, double, other))
    assert [(receipt.status, receipt.code) for receipt in receipts] == [
        ("duplicate", "DUPLICATE_GCLID"),
        ("delivered", None),
    ]
    assert "call-other" not in google.conversions()


def test_ios_clicks_go_without_their_id_where_google_counts_one_per_click(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    google.one_per_click, google.tagged = {"987654321"}, {str(make().phone_number)}
    item, nameless = make(click_ids={"gbraid": "Test-1"}), make(click_ids={"wbraid": "Test-2"}, phone_number=None)
    first = poll(connector, upload(connector, item, nameless))
    assert {(receipt.status, receipt.retry_after) for receipt in first} == {("retry", 60.0)}
    again, refused = upload(connector, item, nameless)
    assert [receipt.status for receipt in poll(connector, [again])] == ["delivered"]
    assert "adIdentifiers" not in google.ingested[-1]["events"][0]
    assert refused.status == "rejected" and "Count to Every" in str(refused.reason)
    google.one_per_click.clear()
    clock.advance(days=8)
    (later,) = upload(connector, make(click_ids={"gbraid": "Test-3"}))
    assert later.status == "accepted" and google.ingested[-1]["events"][0]["adIdentifiers"] == {"gbraid": "Test-3"}


def test_the_check_says_which_actions_refuse_clicks_on_ios(google: Sandbox, connector: GoogleAds) -> None:
    assert "Count to Every" not in connector.check_connection().detail
    google.one_per_click = {"987654321"}
    report = connector.check_connection()
    assert report.ok and "Set Count to Every in Google Ads for Qualified call (987654321)" in report.detail
    (one,) = [each for each in connector.list_destinations() if "counts one per click" in each.details]
    assert one.destination == {"conversion_action": 987654321}
    (call,) = [each for each in connector.list_destinations() if "call_conversion_action" in each.destination]
    assert "calls straight from ads" in call.details and not call.unusable


# Calls straight from ads


def test_a_call_straight_from_an_ad_goes_as_a_call_conversion(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    began = clock() - timedelta(hours=2)
    call = make(destination={"call_conversion_action": 333000111}, call_started_at=began, email="e" * 64)
    (receipt,) = poll(connector, upload(connector, call, make())[:1], 333000111)
    assert receipt.status == "delivered" and google.conversions()[call.key]["call_started_at"] == began
    (event,) = google.ingested[-1]["events"]
    assert event["callInfo"] == {"startTimestamp": "2026-11-24T13:00:00Z"} and "adIdentifiers" not in event
    assert event["userData"]["userIdentifiers"] == [{"phoneNumber": call.phone_number}]
    again = replace(call, key="call-again")
    assert [each.status for each in poll(connector, upload(connector, again), 333000111)] == ["delivered"]
    assert "call-again" not in google.conversions(), "Google takes a double without a word"
    google.refuse_later("call-unknown", "INVALID_CALL")
    (unknown,) = poll(connector, upload(connector, replace(call, key="call-unknown")), 333000111)
    assert unknown.status == "unmatched" and "no call from an ad by this caller" in str(unknown.reason)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"contact": "form"}, "rejected", "INVALID_EVENT"),
        ({"call_started_at": None}, "rejected", "INVALID_EVENT"),
        ({"kind": "retract"}, "rejected", "CALL_NOT_ADJUSTABLE"),
        ({"phone_number": None}, "unmatched", "NO_IDENTIFIERS_PROVIDED"),
    ],
)
def test_only_calls_with_a_number_count_as_calls_from_ads(
    connector: GoogleAds, clock: FrozenClock, make: Make, changes: dict[str, Any], status: str, code: str
) -> None:
    call = {"destination": {"call_conversion_action": 333000111}, "call_started_at": clock() - timedelta(hours=1)}
    (receipt,) = upload(connector, make(**(call | changes)))
    assert (receipt.status, receipt.code) == (status, code)


def test_a_call_and_a_click_need_conversion_actions_of_their_own_kinds(connector: GoogleAds, make: Make) -> None:
    began = connector.services.clock() - timedelta(hours=1)
    wrong = make(destination={"call_conversion_action": 987654321}, call_started_at=began)
    for item in (wrong, make(destination={"conversion_action": 333000111})):
        (receipt,) = upload(connector, item)
        assert (receipt.status, receipt.code) == ("rejected", "INVALID_CONVERSION_ACTION_TYPE")


def test_each_conversion_action_has_diagnostics_of_its_own(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    first, second = make(), make(destination={"conversion_action": 123123123})
    google.refuse_later(second.key, "INVALID_GCLID")
    said, refused = upload(connector, first, second)
    assert [receipt.status for receipt in poll(connector, [said])] == ["delivered"]
    assert [receipt.status for receipt in poll(connector, [refused], 123123123)] == ["rejected"]


def test_a_request_that_google_forgot_is_sent_again_after_a_day(
    connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    pending = PendingReceipt(key="call-1", reference="t-unknown", accepted_at=clock())
    assert [receipt.status for receipt in connector.poll_receipts([pending])] == ["accepted"]
    clock.advance(days=1)
    assert [receipt.status for receipt in connector.poll_receipts([pending])] == ["retry"]
