"""Snapchat gets a call as a phone call, with its click, and a hashed person only where they did not say no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.snapchat import Snapchat


class TestSnapchatConformance(AdsConformance):
    connector_class = Snapchat


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = Snapchat.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def row_of(network: Any, **changes: Any) -> Any:
    made = samples.conversion(FrozenClock()(), {"event": "SIGN_UP"}, click_ids={"ScCid": "3f0a1b2c-click"}, **changes)
    plugin = connect(Snapchat, network, clock=FrozenClock())
    return plugin.row(disclose(made, Snapchat.manifest, "upload_conversions").value)


def test_a_call_is_a_phone_call_and_a_form_an_event_of_the_web(network: Any) -> None:
    """Source: Snap's "Offline Events": phone orders have the action source PHONE_CALL."""
    assert row_of(network)["action_source"] == "PHONE_CALL"
    form = row_of(network, contact="form", landing_page="https://www.example.com/", user_agent="Mozilla/5.0")
    assert form["action_source"] == "WEB" and form["event_source_url"] == "https://www.example.com/"


@pytest.mark.parametrize(("said", "is_limited"), [("granted", False), ("unknown", True), ("denied", True)])
def test_who_did_not_say_yes_has_limited_data_use(network: Any, said: Any, is_limited: bool) -> None:
    row = row_of(network, ad_user_data=said)
    assert (row["data_processing_options"] == ["LDU"]) is is_limited
    assert (row["user_data"]["ph"] == [None]) is (said == "denied")
