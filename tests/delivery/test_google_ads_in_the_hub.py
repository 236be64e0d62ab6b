"""Google Ads in a whole hub: from calls to receipts, with as few uploads as they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fake_connectors import FakeCarrier, FakeLaw
from testbed import SHARED, TestHub

from hub.delivery.poll_receipts import diagnose
from hub.model import Delivery
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox
from plugins.ads.google_ads.settings import GoogleAdsSettings

RULE = {
    "name": "every call",
    "when": {"event": "call"},
    "value": "40 USD",
    "send_to": {"network": {"conversion_action": 987654321}},
}


@pytest.fixture
def google() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def stage(google: Sandbox, lite_hub: Callable[..., TestHub]) -> TestHub:
    checked = GoogleAdsSettings.model_validate(google.settings())
    of_sandbox = type("OfSandbox", (GoogleAds,), {"Settings": staticmethod(lambda: checked)})
    connectors = {"carrier": FakeCarrier, "law": FakeLaw, "network": of_sandbox}
    stage = lite_hub(connectors=connectors, conversions=[RULE])
    google.clock = stage.clock
    return stage


def clicks_and_calls(stage: TestHub, number: int) -> None:
    shown = stage.visit(landing_page=f"https://lakeside.example.com/?gclid=Test-gclid-{number:03}")
    stage.clock.advance(minutes=2)
    stage.call_in(shown.number, f"+131255501{number:02}")
    stage.clock.advance(hours=1)


def asked(stage: TestHub) -> dict[str, int]:
    stage.clock.advance(minutes=31)
    return dict(diagnose(stage.hub, "network", jitter=lambda longest: longest))


def test_of_ten_conversions_the_one_without_a_click_is_not_matched_and_nine_are_delivered(
    google: Sandbox, stage: TestHub
) -> None:
    for number in range(9):
        clicks_and_calls(stage, number)
    stage.call_in(SHARED, "+13125550199")
    assert stage.deliver() == {"accepted": 10}
    assert asked(stage) == {"delivered": 9, "unmatched": 1}
    stage.clock.advance(days=8)
    assert stage.deliver() == {} and asked(stage) == {}
    assert [len(body["events"]) for body in google.ingested] == [9, 1], "two uploads, and none again"
    row = stage.one(Delivery, connector="network", state="unmatched")
    assert (row.code, row.reason) == ("CLICK_NOT_FOUND", "Not matched: the person clicked no ad.")
    assert len(google.conversions()) == 9


def test_what_google_wants_again_later_goes_alone_and_harms_no_later_batch(google: Sandbox, stage: TestHub) -> None:
    for number in range(3):
        clicks_and_calls(stage, number)
    young = stage.rows(Delivery, connector="network")[2].item_key
    google.refuse_later(young, "TOO_RECENT_CLICK")
    assert stage.deliver() == {"accepted": 3}
    assert asked(stage) == {"delivered": 2, "ready": 1}
    google.refused_late.clear()
    stage.call_in(SHARED, "+13125550199")
    assert stage.deliver() == {"accepted": 1} and asked(stage) == {"unmatched": 1}
    stage.clock.advance(hours=25)
    assert stage.deliver() == {"accepted": 1} and asked(stage) == {"delivered": 1}
    sent = [[event["transactionId"] for event in body["events"]] for body in google.ingested]
    assert [len(keys) for keys in sent] == [3, 1, 1] and sent[2] == [young]
