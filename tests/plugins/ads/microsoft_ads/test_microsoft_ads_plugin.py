"""Microsoft gets UET events or offline conversions, as its own library would send them, and its errors find their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from hub.api import AuthError, ConfigError, Conversion, Money, Rejected, RetryLater
from hub.contracts.disclosure import disclose
from hub.contracts.refusals import Refusal
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.microsoft_ads import MicrosoftAds
from plugins.ads.microsoft_ads.costs import _cost
from plugins.ads.microsoft_ads.settings import MicrosoftAdsSettings

NOW = FrozenClock()()


class TestMicrosoftAdsConformance(AdsConformance):
    connector_class = MicrosoftAds


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = MicrosoftAds.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def microsoft(network: Any, **settings: Any) -> Any:
    return connect(MicrosoftAds, network, clock=FrozenClock(), **settings)


def shown(**changes: Any) -> Conversion:
    values = {"clicked_at": {"msclkid": NOW - timedelta(hours=5)}, **changes}
    made = samples.conversion(NOW, {"goal": "Qualified call", "event": "lead"}, **values)
    return disclose(made, MicrosoftAds.manifest, "upload_conversions").value


@pytest.mark.soak
def test_a_row_has_the_fields_of_microsofts_own_library(network: Any) -> None:
    # Importing it takes seconds, so only the process that runs this test does.
    from openapi_client.models.campaign.offline_conversion import OfflineConversion
    from openapi_client.models.campaign.offline_conversion_adjustment import OfflineConversionAdjustment
    from openapi_client.models.campaign.online_conversion_adjustment import OnlineConversionAdjustment

    for api, kind, model in (
        ("offline", "new", OfflineConversion),
        ("offline", "restate", OfflineConversionAdjustment),
        ("offline", "retract", OfflineConversionAdjustment),
        ("uet", "restate", OnlineConversionAdjustment),
        ("uet", "retract", OnlineConversionAdjustment),
    ):
        row = microsoft(network, api=api).row(shown(kind=kind, changed_at=NOW))
        theirs = model.from_dict(row)
        assert theirs is not None
        names = {info.alias for info in model.model_fields.values()}
        assert row.keys() <= names and row["ConversionName"] == theirs.conversion_name == "Qualified call"


def test_an_offline_conversion_is_restated_and_taken_back_by_its_click_name_and_time(network: Any) -> None:
    plugin, item = microsoft(network, api="offline"), shown()
    [receipt] = plugin.upload_conversions([item], False)
    changed = replace(item, kind="restate", changed_at=NOW, value=Money(Decimal("55.50"), "USD"))
    back = replace(item, kind="retract", changed_at=NOW)
    assert receipt.status == "delivered"
    assert [each.status for each in plugin.upload_conversions([changed], False)] == ["delivered"]
    assert [each.status for each in plugin.upload_conversions([back], False)] == ["delivered"]
    [state] = [
        each for each in network.conversions().values() if each.get("MicrosoftClickId") == item.click_ids["msclkid"]
    ]
    assert state["value"] == 55.5 and state["retracted"] is True


def test_partial_errors_find_their_rows_by_index(network: Any) -> None:
    plugin = microsoft(network, api="offline")
    items = [shown(), replace(shown(), destination={"goal": "No such goal", "event": "lead"}), shown()]
    said = {receipt.key: receipt for receipt in plugin.upload_conversions(items, False)}
    assert [said[item.key].status for item in items] == ["delivered", "rejected", "delivered"]
    assert said[items[1].key].code == "OfflineConversionNameInvalid"


def test_an_offline_conversion_waits_until_its_click_is_an_hour_old(network: Any) -> None:
    receipt = microsoft(network, api="offline").row(shown(clicked_at={"msclkid": NOW - timedelta(minutes=40)}))
    assert (receipt.status, receipt.retry_after) == ("retry", 1200.0)


def test_an_event_older_than_seven_days_is_refused_with_what_to_do(network: Any) -> None:
    receipt = microsoft(network).row(shown(occurred_at=NOW - timedelta(days=8)))
    assert receipt.status == "rejected" and "api: offline" in receipt.reason


def test_without_a_sign_in_a_conversion_cannot_be_taken_back_and_the_receipt_says_so(network: Any) -> None:
    receipt = microsoft(network, account_id=None).row(shown(kind="retract", changed_at=NOW))
    assert receipt.status == "rejected" and "sign in" in receipt.reason


def test_a_denied_permission_leaves_only_the_click(network: Any) -> None:
    row = microsoft(network).row(shown(ad_user_data="denied"))
    assert row["userData"].keys() == {"msclkid"} and row["adStorageConsent"] == "D"


def test_the_accounts_of_a_sign_in_and_their_goals_are_listed(network: Any) -> None:
    plugin = microsoft(network)
    listed = plugin.list_accounts()
    assert [(each.name, each.settings) for each in listed.accounts] == [
        ("Example Plumbing", {"customer_id": "1001", "account_id": "2002"})
    ]
    assert [each.destination for each in plugin.list_destinations()] == [{"goal": "Qualified call"}]


def test_the_accounts_are_read_to_the_last_page_and_no_page_without_a_list_is_the_last(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, pages = network._account, [[{"Id": "1", "Name": "One"}], [{"Id": "2", "Name": "Two"}], []]

    def account(path: str, body: dict[str, Any]) -> Any:
        return {"Accounts": pages[body["PageInfo"]["Index"]]} if "Accounts" in path else answer(path, body)

    monkeypatch.setattr(network, "_account", account)
    assert [each.name for each in microsoft(network).list_accounts().accounts] == ["One", "Two"]
    pages[1] = None  # type: ignore[call-overload]
    with pytest.raises(RetryLater):
        microsoft(network).list_accounts()


@pytest.mark.parametrize("settings", [{}, {"tag_id": "12345678"}, {"api": "offline"}])
def test_incomplete_settings_are_refused_with_what_is_missing(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="needs"):
        MicrosoftAdsSettings.model_validate(settings)


def row_error(code: str) -> dict[str, Any]:
    return {"Index": 0, "Code": 0, "ErrorCode": code, "Message": "no", "FieldPath": None, "Type": "BatchError"}


@pytest.mark.parametrize(
    ("code", "status", "after"),
    [
        ("OfflineConversionsApplyFailed", "retry", None),
        ("OfflineConversionNotAcceptedForGoal", "retry", 7200.0),
        ("FutureConversionTimeCannotBeSet", "retry", None),
        ("OfflineConversionFutureAdjustmentTimeCannotBeSet", "retry", None),
        ("InternalError", "retry", None),
        ("OfflineConversionPilotNotEnabledForCustomer", "retry", None),
        ("SomethingThatMicrosoftAddsLater", "retry", None),
        ("OfflineConversionMicrosoftClickIdInvalid", "rejected", None),
        ("OfflineConversionTimeOutOfWindow", "rejected", None),
        ("ClickIdDateTimeOutsideGoalConversionWindow", "rejected", None),
        ("ConversionTimeEarlierThanClickTime", "rejected", None),
        ("OfflineConversionCurrencyValueRequired", "rejected", None),
        ("OfflineConversionAdjustmentValueNotExpected", "rejected", None),
    ],
)
def test_what_passes_is_sent_again_and_what_never_becomes_right_is_not(
    network: Any, monkeypatch: pytest.MonkeyPatch, code: str, status: str, after: float | None
) -> None:
    """Source: Microsoft Advertising API, "Operation error codes" (MicrosoftDocs/Advertising, operation-error-codes.md), 0
    and 5600 to 5627; 5615 says that two hours must pass after the goal was created."""
    monkeypatch.setattr(network, "taken", lambda *_: (200, {"PartialErrors": [row_error(code)]}))
    [receipt] = microsoft(network, api="offline").upload_conversions([shown()], False)
    assert (receipt.status, receipt.retry_after, receipt.code) == (status, after, code)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"Code": 207, "ErrorCode": "ConcurrentRequestOverLimit"}, RetryLater),
        ({"Code": 117, "ErrorCode": "CallRateExceeded"}, RetryLater),
        ({"Code": 0, "ErrorCode": "InternalError"}, RetryLater),
        ({"Code": 0}, RetryLater),
        ({"Code": 5612, "ErrorCode": "OfflineConversionsApplyFailed"}, RetryLater),
        ({"Code": 105, "ErrorCode": "InvalidCredentials"}, AuthError),
        ({"Code": 106, "ErrorCode": "UserIsNotAuthorized"}, AuthError),
        ({"Code": 5601, "ErrorCode": "OfflineConversionsLimitExceeded"}, Rejected),
    ],
)
def test_a_request_that_is_refused_as_a_whole_means_what_its_code_says(
    error: dict[str, Any], kind: type[Exception]
) -> None:
    """Source: "Operation error codes"; Customer Management gives no `ErrorCode`, only `Code`."""
    body = {"TrackingId": "t", "Type": "ApiFaultDetail", "OperationErrors": [{**error, "Message": "no"}]}
    assert isinstance(MicrosoftAds.provider.error(Refusal(400, body=body)), kind)


def test_events_that_the_first_ten_errors_do_not_name_are_sent_again(network: Any) -> None:
    """Source: "Conversions API (CAPI)", "Detailed API error response examples": only the first 10 errors and warnings are
    shown; "Batch uploads and validation behavior": `eventsReceived` is the number of events that were processed."""
    bad = [shown() for _ in range(12)]
    for item in bad:
        network.refuse(item.key)
    items = [*bad, shown()]
    receipts = {each.key: each for each in microsoft(network).upload_conversions(items, False)}
    assert [receipts[item.key].status for item in items] == ["rejected"] * 10 + ["retry"] * 3
    again = {each.key: each for each in microsoft(network).upload_conversions(items[10:], False)}
    assert [again[item.key].status for item in items[10:]] == ["rejected", "rejected", "delivered"]


def test_each_event_of_a_request_without_a_valid_one_gets_its_own_reason(network: Any) -> None:
    """Source: "Batch uploads and validation behavior": if no events are valid, the API returns HTTP 400."""
    items = [shown(), shown()]
    for item in items:
        network.refuse(item.key)
    receipts = microsoft(network).upload_conversions(items, False)
    assert {(each.status, each.code) for each in receipts} == {("rejected", "InvalidEventTime")}


def test_who_did_not_say_yes_is_never_sent_as_granted_and_only_their_click_is_told(network: Any) -> None:
    """Source: "Conversions API (CAPI)", "Consent signals": by default all events are processed as granted, and an event
    with D is used for no advertising purpose."""
    row = microsoft(network).row(shown(ad_user_data="unknown"))
    assert (row["adStorageConsent"], row["userData"].keys()) == ("D", {"msclkid"})
    receipt = microsoft(network).row(shown(ad_user_data="unknown", click_ids={}))
    assert receipt.status == "unmatched" and "let you use" in receipt.reason


def test_the_phone_number_of_a_uet_event_is_hashed_with_its_plus() -> None:
    """Source: "Conversions API (CAPI)", "To hash a phone number": its example of +14255551234."""
    item = shown(phone_number="+14255551234")
    assert item.phone_number == "c59475d96e9f01d7d18d06cfad84dd02333207f02c0c2c5663ef2782cda0390e"


@pytest.mark.parametrize("api", ["offline", "uet"])
def test_a_change_without_a_value_is_refused_and_takes_nothing_back(network: Any, api: str) -> None:
    """Source: Campaign Management v13, OfflineConversionAdjustment: `AdjustmentValue` is required for Restate."""
    receipt = microsoft(network, api=api).row(shown(kind="restate", changed_at=NOW, value=None))
    assert (receipt.status, receipt.code) == ("rejected", "AdjustmentValueRequired")


def test_a_cost_with_commas_between_thousands_is_read() -> None:
    """Source: Reporting v13, "Report Format Version": format 2.0 leaves out the commas of four columns only."""
    row = {"TimePeriod": "2026-11-20", "CampaignId": "1", "CampaignName": "a", "AdGroupId": "2", "AdGroupName": "b",
           "Spend": "1,234.50", "Clicks": "1,001", "Impressions": "1,234,567", "CurrencyCode": "USD"}  # fmt: skip
    cost = _cost(row)
    assert (cost.cost.amount, cost.clicks, cost.impressions) == (Decimal("1234.50"), 1001, 1234567)


def test_a_token_that_the_vendor_takes_is_good_whatever_code_it_gives_an_empty_request(network: Any) -> None:
    """Source: "API error handling": 401 is a bad token, 400 a validation error."""
    assert microsoft(network, account_id=None).check_connection().ok
    assert not microsoft(network, account_id=None, uet_token="wrong").check_connection().ok


def posted(network: Any, path: str, row: dict[str, Any]) -> httpx2.Response:
    """What the stand-in says to one row."""
    name = "data" if path.startswith("/v1/") else path.split("/")[-2]
    token = microsoft(network).services.access_tokens(microsoft(network).oauth()).current()
    known = network.settings()
    names = {"developertoken": "developer_token", "customerid": "customer_id", "customeraccountid": "account_id"}
    headers = {header: known[setting] for header, setting in names.items()}
    headers["authorization"] = f"Bearer {known['uet_token'] if name == 'data' else token}"
    return httpx2.post(f"{network.url}{path}", json={name: [row]}, headers=headers, trust_env=False)


CLICK = "dd4afcccb1c94a4cad9544dd7e5006ab"
OFFLINE = {"ConversionName": "Qualified call", "ConversionTime": f"{NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"}


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("OfflineConversions", {"ConversionTime": f"{NOW - timedelta(days=200):%Y-%m-%dT%H:%M:%SZ}"}, 5609),
        ("OfflineConversions", {"ConversionTime": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}, 5614),
        ("OfflineConversions", {"MicrosoftClickId": "not-a-click"}, 5604),
        ("OfflineConversions", {"ConversionValue": 1.5, "ConversionCurrencyCode": "XYZ"}, 5611),
        ("OfflineConversions", {"ConversionValue": -1.5}, 5610),
        ("OfflineConversions", {"ConversionName": "No such goal"}, 5606),
        ("OfflineConversions", {}, None),
        ("OfflineConversionAdjustments", {"AdjustmentTime": f"{NOW - timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}"}, 5620),
        ("OfflineConversionAdjustments", {"AdjustmentTime": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}, 5622),
    ],
)
def test_the_stand_in_answers_a_row_as_microsoft_documents(
    network: Any, kind: str, changes: dict[str, Any], code: int | None
) -> None:
    """Source: Microsoft Advertising API, "Operation error codes", and OfflineConversion of Campaign Management v13."""
    adjusted = {"AdjustmentType": "Retract"} if kind == "OfflineConversionAdjustments" else {}
    row = {**OFFLINE, "MicrosoftClickId": CLICK, **adjusted, **changes}
    reply = posted(network, f"/CampaignManagement/v13/{kind}/Apply", row)
    errors = reply.json()["PartialErrors"]
    assert reply.status_code == 200 and [each["Code"] for each in errors] == ([code] if code else []), reply.text


@pytest.mark.parametrize(
    ("person", "status"), [({}, 400), ({"msclkid": "0a1b2c3d4e5f"}, 400), ({"msclkid": CLICK}, 200)]
)
def test_the_stand_in_answers_an_event_as_microsoft_documents(
    network: Any, person: dict[str, str], status: int
) -> None:
    """Source: "Conversions API (CAPI)", "Core data schema requirements"."""
    row = {"eventType": "custom", "eventTime": int(NOW.timestamp()), "userData": person}
    assert posted(network, "/v1/12345678/events", row).status_code == status


APPLY = "POST /CampaignManagement/v13/OfflineConversions/Apply"
MEANS = {"wait": RetryLater, "sign_in": AuthError, "configuration": ConfigError, "wait_long": RetryLater}


def test_each_answer_to_an_offline_conversion_means_what_the_rules_say(network: Any) -> None:
    """The generic suite walks the answers to events; offline conversions are another setting."""
    plugin, item = microsoft(network, api="offline"), shown()
    for name, answer in network.rules.file.answers.items():
        if APPLY not in answer.on:
            continue
        network.answer_next(name, 10, APPLY)
        try:
            [receipt] = plugin.upload_conversions([item], False)
            assert receipt.reason and receipt.status == ("rejected" if answer.means == "final" else "retry"), name
            assert answer.after is None or receipt.retry_after == answer.after.total_seconds()
        except (RetryLater, AuthError, ConfigError) as error:
            assert type(error) is MEANS[answer.means], name
        network.heal()
