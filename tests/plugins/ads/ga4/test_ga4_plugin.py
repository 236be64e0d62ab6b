"""Google Analytics gets events of the visitor's own session, and what it took is never called confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from hub.api import ConfigError, Conversion, RetryLater
from hub.api.ads import without_empty
from hub.contracts.disclosure import disclose
from hub.testing import AdsConformance, FrozenClock, samples
from hub.testing.factories import connect
from plugins.ads.ga4 import GoogleAnalytics, GoogleAnalyticsDestination

COOKIES = {"_ga": "GA1.1.1234567890.1795590000", "_ga_EXAMPLE123": "GS1.1.1795590001.3.1.1795590100.0.0.0"}


class TestGoogleAnalyticsConformance(AdsConformance):
    connector_class = GoogleAnalytics


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    stand_in = GoogleAnalytics.sandbox_class()
    assert stand_in is not None
    with stand_in(FrozenClock()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def ga4(network: Any) -> Any:
    return connect(GoogleAnalytics, network, clock=FrozenClock())


def shown(**changes: Any) -> Conversion:
    made = samples.conversion(FrozenClock()(), {"event": "generate_lead"}, **{"cookies": COOKIES, **changes})
    return disclose(made, GoogleAnalytics.manifest, "upload_conversions").value


@pytest.mark.parametrize(
    ("cookie", "session"),
    [
        ("GS1.1.1795590001.3.1.1795590100.0.0.0", "1795590001"),
        ("GS2.1.s1795590002$o3$g1$t1795590100$j60$l0$h0", "1795590002"),
        ("nonsense", None),
    ],
)
def test_an_event_joins_the_session_of_the_page(ga4: Any, cookie: str, session: str | None) -> None:
    row = ga4.row(shown(cookies={**COOKIES, "_ga_EXAMPLE123": cookie}))
    assert row["client_id"] == "1234567890.1795590000"
    assert row["events"][0]["params"].get("session_id") == session


@pytest.mark.parametrize("depth", ["1", "2", "1-2", "4-2"])
def test_a_cookie_of_a_path_of_the_site_is_matched(ga4: Any, depth: str) -> None:
    """Source: analytics.js, `cookiePath`: with a path the second part of `_ga` is two numbers, the levels of the domain and of
    the path, as in `1.4-2.XXXXXXXX.YYYYYYY`."""
    row = ga4.row(
        shown(
            cookies={
                "_ga": f"GA1.{depth}.1234567890.1795590000",
                "_ga_EXAMPLE123": f"GS1.{depth}.1795590001.3.1.1.0.0.0",
            }
        )
    )
    assert row["client_id"] == "1234567890.1795590000"
    assert row["events"][0]["params"]["session_id"] == "1795590001"


def test_a_visit_without_a_cookie_that_may_be_used_is_not_matched(ga4: Any) -> None:
    for cookies in ({}, {"_ga": "nonsense"}):
        assert ga4.row(shown(cookies=cookies)).status == "unmatched"


def test_what_google_took_is_unverifiable_and_a_dry_run_says_what_is_wrong(ga4: Any) -> None:
    [receipt] = ga4.upload_conversions([shown()], False)
    assert (receipt.status, receipt.code) == ("delivered", "unverifiable")
    wrong = shown(value=None)
    ga4.row = lambda item: {**GoogleAnalytics.row(ga4, item), "unknown": 1}
    [receipt] = ga4.upload_conversions([wrong], True)
    del ga4.row
    assert receipt.status == "rejected" and receipt.code == "VALUE_INVALID"


def test_permissions_travel_and_an_unknown_one_is_left_out(ga4: Any) -> None:
    assert ga4.row(shown(ad_user_data="granted", ad_personalization="denied"))["consent"] == {
        "ad_user_data": "GRANTED",
        "ad_personalization": "DENIED",
    }
    assert "consent" not in without_empty(ga4.row(shown(ad_user_data="unknown", ad_personalization="unknown")))


@pytest.mark.parametrize("name", ["session_start", "ga_lead", "_lead", "2leads", "a" * 41, "my lead"])
def test_names_that_google_drops_are_refused_in_config(name: str) -> None:
    with pytest.raises(ValidationError):
        GoogleAnalyticsDestination(event=name)


def test_the_stand_in_counts_no_event_with_a_name_of_googles_own(ga4: Any) -> None:
    """Source: Measurement Protocol reference, "Reserved event names"; "Validating events": Google answers it with 204 too."""
    row = {**ga4.row(shown()), "events": [{"name": "session_start", "params": {"transaction_id": "o"}}]}
    query = {"measurement_id": "G-EXAMPLE123", "api_secret": "any"}
    with httpx2.Client(trust_env=False, base_url=ga4.settings.base_url, params=query) as client:
        assert client.post("/mp/collect", json=without_empty(row)).status_code == 204
        [said] = client.post("/debug/mp/collect", json=without_empty(row)).json()["validationMessages"]
    assert said["validationCode"] == "NAME_RESERVED"
    with pytest.raises(ValidationError):
        GoogleAnalyticsDestination(event="session_start")


@pytest.mark.parametrize("answer", ["internal", "limited", "error", "bad_gateway", "unavailable", "timeout"])
def test_an_error_of_google_that_passes_costs_no_event(ga4: Any, network: Any, answer: str) -> None:
    network.answer_next(answer)
    with pytest.raises(RetryLater):
        ga4.upload_conversions([shown()], False)
    [receipt] = ga4.upload_conversions([shown()], False)
    assert receipt.status == "delivered"


def test_a_wrong_address_waits_for_a_person(ga4: Any, network: Any) -> None:
    network.answer_next("not_found")
    with pytest.raises(ConfigError, match="check base_url"):
        ga4.upload_conversions([shown()], False)
