"""Meta's events are what Meta's own library builds, and say no more than the person allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData

from hub.api import ConfigError, Conversion, NotSupported
from hub.api.ads import Days, without_empty
from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.meta import Meta

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
