"""Microsoft gets UET events or offline conversions, as its own library would send them, and its errors find their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from hub.api import Conversion, Money
from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.microsoft_ads import MicrosoftAds
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
    assert microsoft(network).row(shown(ad_user_data="unknown"))["adStorageConsent"] is None


def test_the_accounts_of_a_sign_in_and_their_goals_are_listed(network: Any) -> None:
    plugin = microsoft(network)
    listed = plugin.list_accounts()
    assert [(each.name, each.settings) for each in listed.accounts] == [
        ("Example Plumbing", {"customer_id": "1001", "account_id": "2002"})
    ]
    assert [each.destination for each in plugin.list_destinations()] == [{"goal": "Qualified call"}]


@pytest.mark.parametrize("settings", [{}, {"tag_id": "12345678"}, {"api": "offline"}])
def test_incomplete_settings_are_refused_with_what_is_missing(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="needs"):
        MicrosoftAdsSettings.model_validate(settings)
