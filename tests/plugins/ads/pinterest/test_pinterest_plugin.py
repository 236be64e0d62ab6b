"""Pinterest gets what it can match: no caller without an email address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.api.ads import without_empty
from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.pinterest import Pinterest


class TestPinterestConformance(AdsConformance):
    connector_class = Pinterest


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = Pinterest.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def shown(**changes: Any) -> Any:
    made = samples.conversion(FrozenClock()(), {"event": "lead"}, ("epik",), **changes)
    return disclose(made, Pinterest.manifest, "upload_conversions").value


def row(network: Any, **changes: Any) -> Any:
    return without_empty(connect(Pinterest, network, clock=FrozenClock()).row(shown(**changes)))


def test_a_caller_without_an_e_mail_address_is_not_eligible_and_that_is_no_failure(network: Any) -> None:
    """Source: pinterest/api-description, v5/openapi.json, `ConversionEventsUserData`: em or a browser's address."""
    for changes in ({"email": None}, {"ad_user_data": "denied"}):
        [receipt] = connect(Pinterest, network, clock=FrozenClock()).upload_conversions([shown(**changes)], False)
        assert (receipt.status, receipt.code, receipt.sent) == ("unmatched", "NOT_ELIGIBLE", False)


def test_who_did_not_say_yes_is_marked_for_limited_data_processing(network: Any) -> None:
    """Source: v5/openapi.json, `custom_data.opt_out_type`."""
    assert row(network, ad_user_data="unknown")["custom_data"]["opt_out_type"] == "LDP"
    assert "opt_out_type" not in row(network)["custom_data"]


def test_a_call_is_offline_and_a_form_is_of_its_page(network: Any) -> None:
    called, sent = row(network), row(network, contact="form")
    assert called["action_source"] == "offline" and "event_source_url" not in called
    assert sent["action_source"] == "web" and sent["event_source_url"].startswith("https://www.example.com/")


def test_one_bad_event_costs_the_others_nothing(network: Any) -> None:
    """Source: v5/openapi.json, response 422: not all events were successfully processed."""
    items = [shown(), shown()]
    network.refuse(items[0].key)
    plugin = connect(Pinterest, network, clock=FrozenClock())
    said = {each.key: each.status for each in plugin.upload_conversions(items, False)}
    assert [said[item.key] for item in items] == ["rejected", "delivered"]
