"""Meta's events are what Meta's own library builds, and say no more than the person allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData

from hub.api import ConfigError, Conversion, NotSupported, RetryLater
from hub.api.ads import Days, without_empty
from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.meta import Meta, MetaDestination

CLICKED_AT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


class TestMetaConformance(AdsConformance):
    connector_class = Meta


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = Meta.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


@pytest.fixture
def meta(network: Any) -> Any:
    return connect(Meta, network, clock=FrozenClock())


def sample(**changes: Any) -> Conversion:
    values = {"clicked_at": {"fbclid": CLICKED_AT}, "click_ids": {"fbclid": "IwAR2-Test_1"}, **changes}
    return samples.conversion(FrozenClock()(), {"event": "Lead"}, **values)


def shown(item: Conversion) -> Conversion:
    return disclose(item, Meta.manifest, "upload_conversions").value


def test_an_event_is_what_metas_own_library_sends_for_the_same_person(meta: Any) -> None:
    item = sample(ad_user_data="granted", cookies={"_fbp": "fb.1.1795590000000.123456789"})
    theirs = Event(
        event_name="Lead",
        event_time=int(item.occurred_at.timestamp()),
        event_id=item.key,
        action_source=ActionSource.PHONE_CALL,
        user_data=UserData(
            phone=item.phone_number,
            email=item.email,
            country_code="us",
            fbc=f"fb.1.{int(CLICKED_AT.timestamp() * 1000)}.IwAR2-Test_1",
            fbp="fb.1.1795590000000.123456789",
        ),
        custom_data=CustomData(value=40.0, currency="usd", order_id=item.key),
    ).normalize()
    row: Mapping[str, Any] = without_empty(meta.row(shown(item)))
    user = {name: value[0] if isinstance(value, list) else value for name, value in theirs["user_data"].items()}
    ours = {name: value[0] if isinstance(value, list) else value for name, value in row["user_data"].items()}
    assert ours == {name: value for name, value in user.items() if name in ours} and ours.keys() == user.keys()
    assert {name: row[name] for name in ("event_name", "event_time", "event_id", "action_source")} == {
        name: getattr(theirs[name], "value", theirs[name])
        for name in ("event_name", "event_time", "event_id", "action_source")
    }


@pytest.mark.parametrize(("permission", "limited"), [("granted", False), ("unknown", True), ("denied", True)])
def test_data_use_is_limited_unless_the_person_granted_it(meta: Any, permission: Any, limited: bool) -> None:
    row = without_empty(meta.row(shown(sample(ad_user_data=permission))))
    assert (row.get("data_processing_options") == ["LDU"]) is limited
    assert ("ph" in row["user_data"]) is (permission != "denied"), "a denial leaves only the click"


def test_a_form_is_a_website_event_and_a_text_a_chat(meta: Any) -> None:
    form = meta.row(shown(sample(contact="form")))
    assert form["action_source"] == "website" and form["event_source_url"] and form["user_data"]["client_user_agent"]
    assert meta.row(shown(sample(contact="form", user_agent=None)))["action_source"] == "other"
    text = without_empty(meta.row(shown(sample(contact="text"))))
    assert text["action_source"] == "chat" and "client_user_agent" not in text["user_data"]


def test_a_caller_without_any_identifier_is_not_matched(meta: Any) -> None:
    receipt = meta.row(shown(sample(click_ids={}, phone_number=None, email=None)))
    assert (receipt.status, receipt.code) == ("unmatched", "NO_IDENTIFIERS")


def test_without_a_test_code_a_dry_run_sends_nothing(network: Any) -> None:
    meta = connect(Meta, network, clock=FrozenClock(), test_event_code=None)
    before = dict(network.conversions())
    [receipt] = meta.upload_conversions([shown(sample())], True)
    assert receipt.code == "not_checked" and dict(network.conversions()) == before


def test_an_event_older_than_seven_days_sinks_no_other(meta: Any, network: Any) -> None:
    old = replace(sample(), occurred_at=datetime(2026, 11, 1, tzinfo=UTC))
    items = [shown(sample()), shown(old), shown(sample())]
    said = {receipt.key: receipt.status for receipt in meta.upload_conversions(items, False)}
    assert [said[item.key] for item in items] == ["delivered", "rejected", "delivered"]


def test_costs_are_read_by_day_and_ad_set(meta: Any, network: Any) -> None:
    today = FrozenClock()().date()
    network.spend(samples.cost(today, "84.50"))
    [cost] = meta.pull_costs(Days(today, today))
    assert (cost.day, cost.source, cost.medium, str(cost.cost)) == (today, "facebook", "paid_social", "84.50 USD")
    with pytest.raises(NotSupported, match="ad_account_id"):
        connect(Meta, network, clock=FrozenClock(), ad_account_id=None).pull_costs(Days(today, today))


def test_an_unknown_dataset_stops_the_connector(network: Any) -> None:
    with pytest.raises(ConfigError):
        connect(Meta, network, clock=FrozenClock(), dataset_id="99999").upload_conversions([shown(sample())], False)


PATH = "/v26.0/1234567890/events"
EVENT = {
    "event_name": "Lead", "action_source": "phone_call", "user_data": {"ph": ["ab" * 32]}, "custom_data": {"order_id": "o"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action_source": "website", "user_data": {"ph": ["ab" * 32], "client_user_agent": "Mozilla"}}, 2804016),
        ({"action_source": "website", "event_source_url": "https://example.com/"}, 2804016),
        ({"user_data": {}}, 2804050),
        ({"user_data": {"country": ["ab" * 32]}}, 2804050),
        ({"custom_data": {"value": 1.0, "currency": "XYZ"}}, 2804008),
        ({"event_name": "Purchase"}, 2804009),
        ({"data_processing_options": ["LDU"], "data_processing_options_country": 7}, None),
        ({"user_data": {"external_id": ["customer-17"]}}, 200),
    ],
)
def test_the_stand_in_answers_an_event_as_meta_documents(network: Any, changes: Any, code: int | None) -> None:
    """Source: Conversions API, "Parameters" and "Customer Information Parameters"; the codes are those that public senders
    recorded."""
    row = {**EVENT, "event_time": int(FrozenClock()().timestamp()), "event_id": "o", **changes}
    with httpx2.Client(trust_env=False, headers={"authorization": "Bearer sandbox-access_token-of-meta"}) as client:
        for version in ("v26.0", "v27.0"):
            reply = client.post(f"{network.url}/{version}/1234567890/events", json={"data": [row]})
            said = reply.json().get("error", {}).get("error_subcode") if reply.status_code != 200 else 200
            assert said == code, reply.text


@pytest.mark.parametrize(
    "answer", ["unknown_error", "unavailable", "app_limit", "user_limit", "page_limit", "call_limit", "insights_limit",
        "account_limit", "blocked", "transient"],
)  # fmt: skip
def test_an_error_of_meta_that_passes_costs_no_event_and_no_costs(meta: Any, network: Any, answer: str) -> None:
    """Source: Graph API, "Error handling" and "Rate limits"; `is_transient` as in facebook_business.exceptions."""
    item, today = shown(sample()), FrozenClock()().date()
    network.answer_next(answer, times=2)
    with pytest.raises(RetryLater):
        meta.upload_conversions([item], False)
    with pytest.raises(RetryLater):
        meta.pull_costs(Days(today, today))
    [receipt] = meta.upload_conversions([item], False)
    assert receipt.status == "delivered"


def test_a_retired_version_waits_for_a_newer_one_in_the_settings(meta: Any, network: Any) -> None:
    old = connect(Meta, network, clock=FrozenClock(), version="v23.0")
    item = shown(sample())
    with pytest.raises(ConfigError, match="has retired the version of its API"):
        old.upload_conversions([item], False)
    assert not old.check_connection().ok
    [receipt] = connect(Meta, network, clock=FrozenClock(), version="v27.0").upload_conversions([item], False)
    assert receipt.status == "delivered"


def test_the_check_needs_no_right_but_that_of_sending(meta: Any, network: Any) -> None:
    with network.listening() as requests:
        assert meta.check_connection().ok
    assert [(each.method, each.path) for each in requests] == [("POST", PATH)]
    assert not connect(Meta, network, clock=FrozenClock(), access_token="old").check_connection().ok


def test_a_purchase_without_a_value_is_refused_when_the_rule_is_checked_and_never_sent(meta: Any, network: Any) -> None:
    """Source: Conversions API, "Standard Parameters": value and currency are required for purchase events."""
    with network.listening() as requests:
        [receipt] = meta.upload_conversions(
            [shown(replace(sample(), value=None, destination={"event": "Purchase"}))], False
        )
    assert (receipt.status, receipt.reason, requests) == ("rejected", "Meta takes a Purchase with a value only.", [])
    assert "write `value:` into the rule" in str(MetaDestination(event="Purchase").without_value())
    assert MetaDestination(event="Lead").without_value() is None
