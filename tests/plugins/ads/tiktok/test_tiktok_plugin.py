"""TikTok gets web events for clicks and offline events for numbers, never mixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
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
    assert "page" not in row and row["user"].keys() == {"phone", "email"}
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


@pytest.mark.parametrize("code", [50001, 51000, 51010, 60001, 40016, 40700, 51305, 99999])
def test_a_code_that_is_not_listed_is_never_final(code: int) -> None:
    """Source: TikTok API for Business, "Return codes": 5xxxx are TikTok's own trouble; what no list names is asked again."""
    assert isinstance(TikTok.provider.error(Refusal(200, body={"code": code, "message": "no"})), RetryLater)


@pytest.mark.parametrize("code", [40102, 40133, 40110, 40101])
def test_whatever_is_wrong_with_the_token_asks_a_person(code: int) -> None:
    """Source: TikTok API for Business, "Return codes": 401xx are the token and the app; 40100 alone is the rate limit."""
    assert isinstance(TikTok.provider.error(Refusal(200, body={"code": code, "message": "no"})), AuthError)


def test_who_did_not_say_yes_has_limited_data_use_in_either_kind_of_event(network: Any) -> None:
    """Source: segmentio/action-destinations, tiktok-conversions: `limited_data_use` of offline events too."""
    for item in (shown(ad_user_data="unknown"), shown(ad_user_data="unknown", click_ids={})):
        assert tiktok(network).row(item)["limited_data_use"] is True
        assert [each.status for each in tiktok(network).upload_conversions([item], False)] == ["delivered"]


def test_the_check_sends_a_test_event_and_asks_for_no_other_right(network: Any) -> None:
    """Source: TikTok Events API 2.0, "Test events": an event with `test_event_code` is shown there and counts nowhere; a
    token of Events Manager may not read `GET /user/info/` (40001)."""
    before = len(network.conversions())
    assert tiktok(network).check_connection().ok and len(network.conversions()) == before
    assert not tiktok(network, access_token="revoked").check_connection().ok
    untried = tiktok(network, test_event_code=None).check_connection()
    assert untried.ok and not untried.tried and "test_event_code" in untried.detail


@pytest.mark.parametrize(
    ("source", "changes", "code"),
    [
        ("web", {}, 0),
        ("web", {"page": {}}, 40002),
        ("web", {"user": {}}, 40002),
        ("web", {"event": "CompletePayment"}, 40002),
        ("web", {"properties": {"value": 40}}, 40002),
        ("offline", {}, 40002),
        ("offline", {"page": {}}, 0),
        ("offline", {"page": {}, "limited_data_use": True}, 0),
    ],
)
def test_the_stand_in_answers_an_event_as_tiktok_documents(network: Any, source: str, changes: Any, code: int) -> None:
    """Source: TikTok Events API 2.0, payload, as public senders have it (segmentio/action-destinations)."""
    row = {"event": "Lead", "event_time": int(FrozenClock()().timestamp()), "user": {"phone": ["ab" * 32]},
           "page": {"url": "https://www.example.com/"}, **changes}  # fmt: skip
    body = {"event_source": source, "event_source_id": "7012345678901234567", "data": [row]}
    headers = {"access-token": "sandbox-access_token-of-tiktok"}
    reply = httpx2.post(f"{network.url}/open_api/v1.3/event/track/", json=body, headers=headers, trust_env=False)
    assert (reply.status_code, reply.json()["code"]) == (200, code), reply.text
