"""LinkedIn gets what it can match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
