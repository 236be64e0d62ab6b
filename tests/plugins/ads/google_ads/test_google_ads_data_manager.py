"""The Data Manager sink: Google's own client as the oracle, one bad item among many, and changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from google_ads_steps import data_manager, poll, upload

from hub.api import AuthError, ConfigError, Conversion, Money, RetryLater
from hub.api.sandbox import Fault, json_reply
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox
from plugins.ads.google_ads.sandbox.data_manager_server import DataManagerApi

Make = Callable[..., Conversion]


@pytest.fixture
def connector(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    return data_manager(google, clock)


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
    connector = connect(GoogleAds, google, clock=clock, timeout=1.0 if fault.kind == "hang" else 10.0)
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
    import httpx2

    headers = {"Authorization": f"Bearer {connector.services.tokens.load()['access_token']}"}
    body = {"destinations": [{"productDestinationId": "987654321", "color": 1}], "events": [], "encoding": "HEX"}
    answer = httpx2.post(f"{google.url}/v1/events:ingest", json=body, headers=headers, trust_env=False)
    violations = answer.json()["error"]["details"][-1]["fieldViolations"]
    assert answer.status_code == 400
    assert violations[0]["field"] == "destinations.color" and "Cannot find field" in violations[0]["description"]


# A dry run


def test_a_dry_run_succeeds_although_google_answers_it_without_a_request_id(
    google: Sandbox, connector: GoogleAds, make: Make
) -> None:
    """Source: `IngestEventsRequest.validate_only` in google-ads-datamanager 0.9.4: "the request is validated but not executed.
    Only errors are returned, not results"; the request id is the only field of the results."""
    good, bad = make(), make()
    google.refuse(bad.key)
    assert [each.status for each in upload(connector, good, bad, dry_run=True)] == ["accepted", "rejected"]
    assert all(body["validateOnly"] for body in google.ingested) and not google.conversions()


def test_an_upload_without_a_request_id_is_sent_again(
    connector: GoogleAds, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataManagerApi, "_take", lambda self, content: json_reply({}))
    with pytest.raises(RetryLater, match="without a request id"):
        upload(connector, make())
