"""The Data Manager sink: Google's own client as the oracle, one bad item among many, and diagnostics that come late."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.api import (
    TRANSFORMS,
    AuthError,
    ConfigError,
    Conversion,
    Fault,
    Money,
    PendingReceipt,
    Receipt,
    RetryLater,
)
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox

Make = Callable[..., Conversion]


@pytest.fixture
def connector(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    connector = connect(GoogleAds, google, clock=clock, timeout=2.0)
    assert connector.check_connection().ok
    return connector


def upload(connector: GoogleAds, *batch: Conversion, dry_run: bool = False) -> list[Receipt]:
    return list(connector.upload_conversions(batch, dry_run))


def poll(connector: GoogleAds, receipts: list[Receipt], action: int = 987654321) -> list[Receipt]:
    accepted_at = connector.services.clock()
    return list(
        connector.poll_receipts(
            [
                PendingReceipt(
                    key=receipt.key,
                    reference=str(receipt.reference),
                    accepted_at=accepted_at,
                    destination={"conversion_action": action},
                )
                for receipt in receipts
            ]
        )
    )


# Google's own client


def test_googles_own_client_is_served_by_the_stand_in(google: Sandbox, clock: FrozenClock) -> None:
    from google.ads import datamanager_v1 as dm
    from google.ads.datamanager_v1.services.ingestion_service.transports import IngestionServiceRestTransport
    from google.oauth2.credentials import Credentials

    _, granted = google.tokens.answer({"grant_type": "refresh_token", **google.settings()["credentials"]}, "")
    transport = IngestionServiceRestTransport(
        host=google.url.removeprefix("http://"),
        url_scheme="http",
        credentials=Credentials(token=granted["access_token"]),
    )
    client = dm.IngestionServiceClient(transport=transport)
    account = dm.ProductAccount(account_type=dm.ProductAccount.AccountType.GOOGLE_ADS, account_id="1234567890")
    event = dm.Event(
        transaction_id="call-1",
        event_timestamp=clock() - timedelta(hours=1),
        event_source=dm.EventSource.PHONE,
        ad_identifiers=dm.AdIdentifiers(gclid="Test-gclid-1"),
        consent=dm.Consent(ad_user_data=dm.ConsentStatus.CONSENT_GRANTED),
        currency="USD",
        conversion_value=40.0,
    )
    request = dm.IngestEventsRequest(
        destinations=[dm.Destination(operating_account=account, product_destination_id="987654321")],
        events=[event],
        encoding=dm.Encoding.HEX,
    )
    answer = client.ingest_events(request=request)
    counted = google.conversions()["call-1"]
    assert (counted["value"], counted["currency"], counted["ad_user_data"]) == (40.0, "USD", "GRANTED")
    asked = dm.RetrieveRequestStatusRequest(request_id=answer.request_id)
    (status,) = client.retrieve_request_status(request=asked).request_status_per_destination
    assert status.request_status == dm.RequestStatusPerDestination.RequestStatus.SUCCESS
    assert status.events_ingestion_status.record_count == 1


@pytest.mark.parametrize(("contact", "source"), [("call", "PHONE"), ("text", "MESSAGE"), ("form", "WEB")])
def test_google_is_told_how_the_person_came_in_touch(
    google: Sandbox, connector: GoogleAds, make: Make, contact: str, source: str
) -> None:
    upload(connector, make(contact=contact))
    assert google.ingested[-1]["events"][0]["eventSource"] == source


def test_what_is_sent_is_what_googles_types_hold(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    from google.ads import datamanager_v1 as dm
    from google.protobuf import json_format

    item = make()
    change = make(kind="restate", changed_at=connector.services.clock(), ad_user_data="unknown")
    upload(connector, item, change)
    parsed = dm.IngestEventsRequest.pb()()
    json_format.Parse(json.dumps(google.ingested[-1]), parsed)
    request = dm.IngestEventsRequest.wrap(parsed)
    assert request.encoding == dm.Encoding.HEX and not request.validate_only
    (destination,) = request.destinations
    assert (
        destination.product_destination_id == "987654321" and destination.operating_account.account_id == "1234567890"
    )
    first, second = request.events
    assert first.transaction_id == item.key and first.event_source == dm.EventSource.PHONE
    assert first.ad_identifiers.gclid == item.click_ids["gclid"] and first.conversion_value == 40.0
    assert first.user_data.user_identifiers[0].phone_number == item.phone_number
    assert first.event_timestamp == item.occurred_at and not first.last_updated_timestamp
    assert first.consent.ad_user_data == dm.ConsentStatus.CONSENT_GRANTED
    assert first.consent.ad_personalization == dm.ConsentStatus.CONSENT_DENIED
    assert second.consent.ad_user_data == dm.ConsentStatus.CONSENT_STATUS_UNSPECIFIED
    assert second.last_updated_timestamp == change.changed_at


# One bad item among many


@pytest.mark.parametrize("names_fields", [True, False])
def test_only_the_poison_is_refused_whether_google_names_it_or_not(
    google: Sandbox, connector: GoogleAds, make: Make, names_fields: bool
) -> None:
    google.names_fields = names_fields
    batch = [make() for _ in range(40)]
    poison = {batch[7].key, batch[31].key}
    for key in poison:
        google.refuse(key)
    receipts = upload(connector, *batch)
    assert {receipt.key for receipt in receipts if receipt.status == "rejected"} == poison
    assert {receipt.key for receipt in receipts if receipt.status == "accepted"} == {c.key for c in batch} - poison
    assert google.conversions().keys() == {c.key for c in batch} - poison
    code = "INVALID_AD_IDENTIFIER_FOR_ACCOUNT" if names_fields else "INVALID_ARGUMENT"
    assert {receipt.code for receipt in receipts if receipt.status == "rejected"} == {code}


def test_a_batch_of_nothing_but_poison_costs_a_bounded_number_of_requests(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.names_fields = False
    batch = [make() for _ in range(200)]
    for item in batch:
        google.refuse(item.key)
    receipts = upload(connector, *batch)
    assert {receipt.status for receipt in receipts} == {"rejected", "retry"}
    assert len(google.ingested) == 60 and not google.conversions()


def test_an_unknown_conversion_action_costs_only_its_own_items(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    good, bad = make(), make(destination={"conversion_action": "777"})
    said, refused = upload(connector, good, bad)
    assert said.status == "accepted" and good.key in google.conversions()
    assert (refused.status, refused.code) == ("rejected", "INVALID_CONVERSION_ACTION_ID")


def test_a_change_without_any_identifier_is_not_sent(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    item = make(kind="restate", changed_at=connector.services.clock(), click_ids={}, phone_number=None)
    (receipt,) = upload(connector, item)
    assert (receipt.status, receipt.code) == ("rejected", "NO_IDENTIFIERS_PROVIDED")
    assert "identifies the person" in str(receipt.reason) and not google.ingested


def test_eleven_conversion_actions_go_in_two_requests(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    google.conversion_actions = [str(number) for number in range(100, 111)]
    batch = [make(destination={"conversion_action": number}) for number in range(100, 111)]
    assert {receipt.status for receipt in upload(connector, *batch)} == {"accepted"}
    assert [len(body["destinations"]) for body in google.ingested] == [10, 1]
    assert len(google.conversions()) == 11


def test_what_was_taken_keeps_its_receipt_when_the_rest_fails(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    google.conversion_actions = [str(number) for number in range(100, 111)]
    google.requests_per_minute = 2  # one was the connection check
    batch = [make(destination={"conversion_action": number}) for number in range(100, 111)]
    receipts = upload(connector, *batch)
    assert [receipt.status for receipt in receipts] == ["accepted"] * 10 + ["retry"]


# Changes


def test_a_changed_value_replaces_the_first_and_a_late_double_does_not_bring_it_back(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    item = make()
    upload(connector, item)
    clock.advance(days=2)
    upload(connector, replace(item, kind="restate", changed_at=clock(), value=Money(Decimal("55.50"), "USD")))
    upload(connector, item)
    assert google.conversions()[item.key]["value"] == 55.5


def test_a_retraction_leaves_a_conversion_that_is_worth_nothing(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    item = make()
    upload(connector, item)
    clock.advance(days=2)
    (receipt,) = upload(connector, replace(item, kind="retract", changed_at=clock(), value=None))
    assert receipt.status == "accepted"
    counted = google.conversions()[item.key]
    assert counted["value"] == 0 and counted["retracted"] and counted["currency"] == "USD"
    (said,) = poll(connector, [receipt])
    assert (said.status, said.code) == ("delivered", "VALUE_SET_TO_ZERO")
    assert "still counts as one conversion" in str(said.reason)


def test_a_dry_run_validates_and_counts_nothing(google: Sandbox, connector: GoogleAds, make: Make) -> None:
    good, bad = make(), make()
    google.refuse(bad.key)
    assert [receipt.status for receipt in upload(connector, good, bad, dry_run=True)] == ["accepted", "rejected"]
    assert google.ingested[-1]["validateOnly"] is True and not google.conversions()


# Diagnostics


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


# Trouble of the whole batch


@pytest.mark.parametrize(
    ("fault", "error", "after"),
    [
        (Fault("status", 401), AuthError, None),
        (Fault("status", 403), AuthError, None),
        (Fault("status", 404), ConfigError, None),
        (Fault("status", 429, retry_after=7), RetryLater, 7.0),
        (Fault("status", 500), RetryLater, None),
        (Fault("status", 503), RetryLater, None),
        (Fault("hang", seconds=4.0), RetryLater, None),
        (Fault("garbage"), RetryLater, None),
    ],
)
def test_each_trouble_of_the_api_itself_ends_in_the_right_error(
    google: Sandbox, clock: FrozenClock, make: Make, fault: Fault, error: Any, after: float | None
) -> None:
    connector = connect(GoogleAds, google, clock=clock, timeout=0.3)
    connector.check_connection()
    google.fail_next(fault, times=9)
    with pytest.raises(error) as raised:
        upload(connector, make())
    assert getattr(raised.value, "after", None) == after
    google.heal()
    assert upload(connector, make())[0].status == "accepted"


def test_a_used_up_quota_is_waited_for(google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make) -> None:
    google.requests_per_minute = 1
    with pytest.raises(RetryLater, match="RATE_LIMIT_EXCEEDED"):
        upload(connector, make())
    clock.advance(minutes=1)
    assert upload(connector, make())[0].status == "accepted"


def test_an_account_behind_a_manager_needs_the_managers_id(
    google: Sandbox, connector: GoogleAds, clock: FrozenClock, make: Make
) -> None:
    google.login_customer_id = "2345678901"
    with pytest.raises(AuthError, match="PERMISSION_DENIED"):
        upload(connector, make())
    managed = connect(GoogleAds, google, clock=clock, login_customer_id="234-567-8901")
    assert upload(managed, make())[0].status == "accepted"


def test_the_stand_in_refuses_what_google_does_not_know(google: Sandbox, connector: GoogleAds) -> None:
    import httpx

    headers = {"Authorization": f"Bearer {connector.services.tokens.load()['access_token']}"}
    body = {"destinations": [{"productDestinationId": "987654321", "color": 1}], "events": [], "encoding": "HEX"}
    answer = httpx.post(f"{google.url}/v1/events:ingest", json=body, headers=headers, trust_env=False)
    violations = answer.json()["error"]["details"][-1]["fieldViolations"]
    assert answer.status_code == 400
    assert violations[0]["field"] == "destinations[0]" and '"color"' in violations[0]["description"]
