"""TikTok gets web events for clicks and offline events for numbers, never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.api import AuthError, RetryLater
from hub.api.ads import without_empty
from hub.contracts.disclosure import disclose
from hub.contracts.refusals import Refusal
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.tiktok import TikTok


class TestTikTokConformance(AdsConformance):
    connector_class = TikTok


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = TikTok.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def tiktok(network: Any, **settings: Any) -> Any:
    return connect(TikTok, network, clock=FrozenClock(), **settings)


def shown(**changes: Any) -> Any:
    made = samples.conversion(FrozenClock()(), {"event": "Lead"}, **changes)
    return disclose(made, TikTok.manifest, "upload_conversions").value


def test_a_click_makes_a_web_event_and_a_number_alone_an_offline_one(network: Any) -> None:
    plugin, clicked, called = tiktok(network), shown(), shown(click_ids={})
    assert plugin.group(clicked) == {"event_source": "web", "event_source_id": "C4A1EXAMPLE1234"}
    assert plugin.group(called)["event_source"] == "offline"
    row = without_empty(plugin.row(called))
    assert "page" not in row and "limited_data_use" not in row and row["user"].keys() == {"phone", "email"}
    receipts = plugin.upload_conversions([clicked, called], False)
    assert {receipt.status for receipt in receipts} == {"delivered"}


def test_without_an_offline_event_set_a_number_alone_is_not_matched(network: Any) -> None:
    receipt = tiktok(network, offline_event_set_id=None).row(shown(click_ids={}))
    assert receipt.status == "unmatched" and "offline_event_set_id" in receipt.reason


def test_a_denied_permission_leaves_only_the_click_with_limited_data_use(network: Any) -> None:
    row = without_empty(tiktok(network).row(shown(ad_user_data="denied")))
    assert row["limited_data_use"] is True and "phone" not in row["user"] and row["user"]["ttclid"]


@pytest.mark.parametrize(
    ("code", "kind"), [(40105, AuthError), (40001, AuthError), (40100, RetryLater), (50000, RetryLater)]
)
def test_a_refusal_with_a_good_status_means_what_its_code_says(code: int, kind: type[Exception]) -> None:
    assert isinstance(TikTok.provider.error(Refusal(200, body={"code": code, "message": "no"})), kind)
