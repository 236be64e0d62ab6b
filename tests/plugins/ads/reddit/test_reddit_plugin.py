"""Reddit gets a conversion with its click, and a hashed person only where they did not say no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.reddit import EMAIL, Reddit


class TestRedditConformance(AdsConformance):
    connector_class = Reddit


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = Reddit.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def row_of(network: Any, event: str = "Lead", **changes: Any) -> Any:
    made = samples.conversion(
        FrozenClock()(), {"event": event}, click_ids={"rdt_cid": "3184742045291813272"}, **changes
    )
    return connect(Reddit, network, clock=FrozenClock()).row(
        disclose(made, Reddit.manifest, "upload_conversions").value
    )


def test_an_address_is_hashed_by_reddits_own_rule() -> None:
    """Source: Conversions API v3, "Direct Integration", match keys: the example and its digest are Reddit's."""
    assert EMAIL("alice@example.com") == EMAIL("Al.ice+Apple@Example.Com") == EMAIL.example[1]


def test_an_event_of_the_customers_own_is_a_custom_event_with_its_name(network: Any) -> None:
    """Source: Conversions API v3, "Custom conversion events"."""
    assert row_of(network)["type"]["tracking_type"] == "LEAD"
    assert row_of(network, "Booked job")["type"] == {"tracking_type": "CUSTOM", "custom_event_name": "Booked job"}


def test_a_call_is_no_event_of_the_website(network: Any) -> None:
    assert row_of(network)["action_source"] == "OTHER" and row_of(network)["user"]["user_agent"] is None


@pytest.mark.parametrize(("said", "is_limited"), [("granted", False), ("unknown", True), ("denied", True)])
def test_who_did_not_say_yes_has_limited_data_use(network: Any, said: Any, is_limited: bool) -> None:
    """Source: Conversions API v3, "Opt out (LDU)"."""
    user = row_of(network, ad_user_data=said)["user"]
    assert (user["data_processing_options"] is not None) is is_limited
    assert (user["phone_number"] is None) is (said == "denied")
