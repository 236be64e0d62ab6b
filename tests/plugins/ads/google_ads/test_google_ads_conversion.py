"""The one Google conversion: what is refused beforehand, what may stand in one request, what each API is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import Conversion, Money, Receipt
from hub.contracts.values import TRANSFORMS
from hub.testing import FrozenClock
from plugins.ads.google_ads.batch import prepare
from plugins.ads.google_ads.conversion import Unfit, google_conversion, refused_before_sending
from plugins.ads.google_ads.policy import receipt_for
from plugins.ads.google_ads.settings import GoogleAdsSettings
from plugins.ads.google_ads.translate import ads_time, click_row, ingest_request, without

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SETTINGS = GoogleAdsSettings.model_validate(
    {
        "customer_id": "123-456-7890",
        "credentials": {"client_id": "client", "client_secret": "secret-of-client", "refresh_token": "refresh-me"},
    }
)
HASHED = TRANSFORMS["sha256_e164"]("+13125550142")
Make = Callable[..., Conversion]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("EXPIRED_EVENT", {"occurred_at": NOW - timedelta(days=90, seconds=1)}),
        ("EVENT_TIME_INVALID", {"occurred_at": NOW + timedelta(hours=1)}),
        ("EVENT_TIME_INVALID", {"occurred_at": datetime(2026, 11, 24, 12, 0)}),
        ("INVALID_NUMBER_FORMAT", {"value": Money(Decimal("-1"), "USD")}),
        ("INVALID_NUMBER_FORMAT", {"value": Money(Decimal("NaN"), "USD")}),
        ("INVALID_NUMBER_FORMAT", {"value": Money(Decimal("Infinity"), "USD")}),
        ("INVALID_NUMBER_FORMAT", {"value": Money(Decimal("1E+9999"), "USD")}),
        ("INVALID_NUMBER_FORMAT", {"kind": "restate", "value": None}),
        ("INVALID_CURRENCY_CODE", {"value": Money(Decimal("1"), "usd")}),
        ("INVALID_CONVERSION_ACTION_ID", {"destination": {}}),
        ("INVALID_CONVERSION_ACTION_ID", {"destination": {"conversion_action": "main"}}),
        ("UNPARSEABLE_GCLID", {"click_ids": {"gclid": "x" * 10_000}}),
        ("UNPARSEABLE_GCLID", {"click_ids": {"gclid": "<script>"}}),
        ("UNPARSEABLE_WBRAID", {"click_ids": {"wbraid": "a b"}}),
        ("GBRAID_WBRAID_BOTH_SET", {"click_ids": {"gbraid": "Test-1", "wbraid": "Test-2"}}),
        ("EVENT_TOO_OLD", {"click_ids": {}, "occurred_at": NOW - timedelta(days=64)}),
        ("EXPIRED_CLICK", {"clicked_at": {"gclid": NOW - timedelta(days=91)}, "phone_number": None}),
        ("INVALID_SHA256_FORMAT", {"phone_number": "+13125550142"}),
        ("INVALID_SHA256_FORMAT", {"email": "pat@example.com"}),
        ("INVALID_FORMAT", {"key": "a key\n"}),
        ("INVALID_FORMAT", {"key": ""}),
    ],
)
def test_what_google_would_refuse_is_refused_beforehand(make: Make, code: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Unfit) as refused:
        google_conversion(make(**changes), NOW)
    assert refused.value.code == code
    receipt = refused_before_sending(make(**changes), NOW)
    assert receipt and (receipt.status, receipt.code, receipt.reason) == ("rejected", code, str(refused.value))
    assert not any(text in str(refused.value) for text in ("+1312", "pat@", "<script>", "xxxx"))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("NO_IDENTIFIERS_PROVIDED", {"click_ids": {}, "phone_number": None}),
        ("NO_IDENTIFIERS_PROVIDED", {"click_ids": {}, "ad_user_data": "denied"}),
        ("CONVERSION_PRECEDES_CLICK", {"clicked_at": {"gclid": NOW}, "phone_number": None}),
    ],
)
def test_what_google_cannot_tie_to_an_ad_is_no_failure(make: Make, code: str, changes: dict[str, Any]) -> None:
    receipt = refused_before_sending(make(**changes), NOW)
    assert receipt and (receipt.status, receipt.code) == ("unmatched", code)
    assert str(receipt.reason).startswith("Not matched: ")


def test_a_click_that_is_too_old_or_came_too_late_is_left_out(make: Make) -> None:
    for at in (NOW - timedelta(days=91), NOW - timedelta(minutes=59)):
        ready = google_conversion(make(clicked_at={"gclid": at}), NOW)
        assert (ready.match, ready.click_ids) == ("person", {}) and ready.hashed_phone == HASHED


def test_a_gclid_goes_with_the_id_of_ios_beside_it(make: Make) -> None:
    clicks = {"gclid": "Test-1", "gbraid": "Test-2"}
    assert google_conversion(make(click_ids=clicks), NOW).click_ids == clicks


def test_a_conversion_of_ninety_days_ago_still_goes(make: Make) -> None:
    assert google_conversion(make(occurred_at=NOW - timedelta(days=90)), NOW)
    assert refused_before_sending(make(occurred_at=NOW - timedelta(days=90)), NOW) is None


def test_a_denied_permission_keeps_number_and_e_mail_at_home(make: Make) -> None:
    ready = google_conversion(make(ad_user_data="denied", email=HASHED), NOW)
    assert (ready.hashed_phone, ready.hashed_email) == (None, None)
    assert ready.click_ids


@given(
    user_data=st.sampled_from(("granted", "denied", "unknown")),
    personalization=st.sampled_from(("granted", "denied", "unknown")),
)
def test_an_unknown_permission_is_told_to_nobody_as_a_yes(user_data: Any, personalization: Any) -> None:
    conversion = Conversion(
        key="call-1",
        name="call",
        occurred_at=NOW,
        destination={"conversion_action": 1},
        click_ids={"gclid": "Test-1"},
        ad_user_data=user_data,
        ad_personalization=personalization,
    )
    ready = google_conversion(conversion, NOW)
    event = ingest_request([ready], SETTINGS, False)["events"][0].get("consent", {})
    row = click_row(ready, "1234567890").get("consent", {})
    for said, theirs, ours in (
        (user_data, event.get("adUserData"), row.get("ad_user_data")),
        (personalization, event.get("adPersonalization"), row.get("ad_personalization")),
    ):
        assert theirs == {"granted": "CONSENT_GRANTED", "denied": "CONSENT_DENIED", "unknown": None}[said]
        assert ours == {"granted": "GRANTED", "denied": "DENIED", "unknown": None}[said]


def test_a_time_keeps_its_moment_whatever_its_zone(make: Make) -> None:
    chicago = datetime.fromisoformat("2026-11-01T01:30:00-05:00")
    assert ads_time(google_conversion(make(occurred_at=chicago), NOW).occurred_at) == "2026-11-01 06:30:00+00:00"


def test_equal_items_share_one_receipt_and_go_once(make: Make) -> None:
    item = make()
    batch = prepare([item, make(), item], NOW)
    assert len(batch.fit) == 2
    receipts = batch.answered([_delivered(ready.order_id) for ready in batch.fit])
    assert [receipt.key for receipt in receipts] == [item.key, "call-0002", item.key]


def test_two_conversions_of_one_click_and_second_never_share_a_request(make: Make) -> None:
    first = make()
    second = replace(first, key="call-other")
    elsewhere = replace(first, key="call-elsewhere", destination={"conversion_action": 123123123})
    batch = prepare([first, second, elsewhere], NOW)
    assert [ready.order_id for ready in batch.fit] == [first.key, "call-elsewhere"]
    waiting = batch.answered([_delivered(ready.order_id) for ready in batch.fit])[1]
    assert waiting.status == "retry" and waiting.retry_after == 60


def test_a_change_waits_until_what_it_changes_has_gone(make: Make) -> None:
    item = make()
    change = replace(item, kind="restate", changed_at=NOW, value=Money(Decimal("90"), "USD"))
    batch = prepare([change, item], NOW)
    assert [(ready.order_id, ready.kind) for ready in batch.fit] == [(item.key, "new")]
    assert [receipt.status for receipt in batch.answered([_delivered(item.key)])] == ["retry", "delivered"]


texts = st.text(max_size=30)
amounts = st.decimals(allow_nan=True, allow_infinity=True)


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            Conversion,
            key=texts,
            name=texts,
            kind=st.sampled_from(("new", "restate", "retract")),
            occurred_at=st.datetimes() | st.datetimes(timezones=st.just(UTC)),
            changed_at=st.none() | st.datetimes() | st.datetimes(timezones=st.just(UTC)),
            value=st.none() | st.builds(Money, amounts, texts),
            destination=st.dictionaries(st.just("conversion_action"), texts | st.integers() | st.none()),
            click_ids=st.dictionaries(st.sampled_from(("gclid", "gbraid", "wbraid", "other")), texts),
            phone_number=st.none() | texts | st.just(HASHED),
        ),
        max_size=8,
    )
)
def test_every_item_of_any_batch_gets_exactly_one_receipt(conversions: list[Conversion]) -> None:
    batch = prepare(conversions, FrozenClock()())
    receipts = batch.answered([_delivered(ready.order_id) for ready in batch.fit])
    assert [receipt.key for receipt in receipts] == [conversion.key for conversion in conversions]
    for ready in batch.fit:
        ingest_request([ready], SETTINGS, True)
        click_row(ready, "1")


def test_googles_words_are_kept_without_what_is_personal() -> None:
    assert without(["Test-gclid-1"], 'The click "Test-gclid-1"\n is unknown.') == 'The click "…" is unknown.'
    assert len(without([], "word " * 1000)) == 500


def _delivered(key: str) -> Receipt:
    return Receipt(key=key, status="delivered")


def test_a_time_ahead_of_googles_clock_is_sent_again_in_an_hour() -> None:
    receipt = receipt_for("order-1", ["EVENT_TIME_INVALID"], "The event time is not valid.")
    assert (receipt.status, receipt.retry_after) == ("retry", 3_600.0)
