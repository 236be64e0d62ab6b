"""LinkedIn gets what it can match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from hub.api import AuthError
from hub.api.sandbox import Fault
from hub.contracts.disclosure import disclose
from hub.contracts.refusals import Refusal
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.linkedin import LinkedIn


class TestLinkedInConformance(AdsConformance):
    connector_class = LinkedIn


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = LinkedIn.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


def linkedin(network: Any, **settings: Any) -> Any:
    return connect(LinkedIn, network, clock=FrozenClock(), **settings)


def shown(**changes: Any) -> Any:
    made = samples.conversion(FrozenClock()(), {"conversion": 1234567}, **changes)
    return disclose(made, LinkedIn.manifest, "upload_conversions").value


def test_a_caller_with_a_phone_number_alone_is_not_eligible_and_that_is_no_failure(network: Any) -> None:
    [receipt] = linkedin(network).upload_conversions([shown(click_ids={}, email=None)], False)
    assert (receipt.status, receipt.code) == ("unmatched", "NOT_ELIGIBLE")
    assert "takes no phone number" in receipt.reason


def test_a_click_is_matched_by_its_id_or_by_the_cookie(network: Any) -> None:
    for known in ({"click_ids": {"li_fat_id": "c-1234"}}, {"click_ids": {}, "cookies": {"li_fat_id": "c-1234"}}):
        [one] = linkedin(network).row(shown(email=None, **known))["user"]["userIds"]
        assert one == {"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": "c-1234"}


def test_a_denied_permission_leaves_only_the_click(network: Any) -> None:
    row = linkedin(network).row(shown(ad_user_data="denied", click_ids={"li_fat_id": "c-1234"}))
    assert [each["idType"] for each in row["user"]["userIds"]] == ["LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID"]


def test_a_rule_that_is_not_ours_is_for_a_person_to_mend() -> None:
    assert isinstance(LinkedIn.provider.error(Refusal(403)), AuthError)


def test_the_check_needs_the_right_to_send_and_no_account(network: Any) -> None:
    """Source: LinkedIn Conversions API: `GET /rest/conversions?q=account` needs `account=urn:li:sponsoredAccount:…`, and a
    token of Signals Manager is made without one; an upload without events needs what an upload needs."""
    with network.listening() as requests:
        assert linkedin(network).check_connection().ok and network.conversions() == {}
    assert [request.path for request in requests] == ["/rest/conversionEvents"]
    assert not linkedin(network, access_token="expired").check_connection().ok


@pytest.mark.parametrize(("status", "is_good"), [(400, True), (422, True), (403, False), (426, False), (429, False)])
def test_a_refusal_of_nothing_at_all_says_that_the_token_is_good(network: Any, status: int, is_good: bool) -> None:
    """Source: LinkedIn Marketing APIs, "Error handling": 400 and 422 are the request, 403 the role, 426 a retired version."""
    network.fail_next(Fault("status", status))
    assert linkedin(network).check_connection().ok is is_good


@pytest.mark.parametrize(
    ("answer", "status"), [("busy_event", "retry"), ("throttled_event", "retry"), ("refused_event", "rejected")]
)
def test_an_event_that_linkedin_could_not_take_now_is_sent_again(network: Any, answer: str, status: str) -> None:
    """Source: Rest.li, BATCH_CREATE: each element of the answer has the status of its event."""
    network.answer_next(answer)
    items = [shown(), shown()]
    said = {each.key: each.status for each in linkedin(network).upload_conversions(items, False)}
    assert [said[item.key] for item in items] == [status, "delivered"]


ROW = {
    "conversion": "urn:lla:llaPartnerConversion:1234567",
    "user": {"userIds": [{"idType": "SHA256_EMAIL", "idValue": "ab" * 32}]},
}


@pytest.mark.parametrize(
    ("changes", "version", "status"),
    [
        ({}, "202608", 200),
        ({}, "202401", 426),
        ({"user": {"userIds": [{"idType": "SHA256_EMAIL", "idValue": "pat@example.com"}]}}, "202608", 400),
        ({"user": {"userIds": []}}, "202608", 422),
        ({"user": {"userIds": [], "userInfo": {"firstName": "Pat", "lastName": "Example"}}}, "202608", 200),
    ],
)
def test_the_stand_in_answers_an_event_as_linkedin_documents(
    network: Any, changes: Any, version: str, status: int
) -> None:
    """Source: LinkedIn Conversions API, "Stream conversion events" and "Conversion API Schema"."""
    row = {**ROW, "conversionHappenedAt": int(FrozenClock()().timestamp() * 1000), **changes}
    assert asked(network, version).post("/rest/conversionEvents", json={"elements": [row]}).status_code == status


def test_the_stand_in_lists_conversion_rules_for_an_account_only(network: Any) -> None:
    """Source: LinkedIn Conversion Tracking, "Find conversion rules by ad account"."""
    account = {"q": "account", "account": "urn:li:sponsoredAccount:12345"}
    assert asked(network).get("/rest/conversions", params=account).status_code == 200
    assert asked(network).get("/rest/conversions", params={"q": "account"}).status_code == 400


def asked(network: Any, version: str = "202608") -> httpx2.Client:
    headers = {
        "authorization": "Bearer sandbox-access_token-of-linkedin",
        "linkedin-version": version,
        "x-restli-method": "BATCH_CREATE",
        "x-restli-protocol-version": "2.0.0",
    }
    return httpx2.Client(base_url=network.url, headers=headers, trust_env=False)
