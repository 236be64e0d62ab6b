"""What an account's campaigns cost: read whole, exactly, or not at all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.api import ConfigError, Money, NotSupported, RetryLater
from hub.api.ads import Cost, Days
from hub.testing import FrozenClock, connect
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox, spending

DAY = date(2026, 11, 20)
WEEK = Days(DAY - timedelta(days=6), DAY)


def spent(amount: str, **changes: Any) -> Cost:
    values: dict[str, Any] = {
        "day": DAY, "source": "google", "medium": "cpc", "campaign": "Emergency", "campaign_id": "2101",
        "ad_group": "Burst pipes", "ad_group_id": "31", "cost": Money(Decimal(amount), "USD"), "clicks": 3,
        "impressions": 40,
    }  # fmt: skip
    return Cost(**(values | changes))


@pytest.fixture
def connector(google: Sandbox, clock: FrozenClock) -> GoogleAds:
    return connect(GoogleAds, google, clock=clock)


def test_each_ad_group_s_day_is_a_row_and_what_has_no_ad_group_is_not_lost(
    google: Sandbox, connector: GoogleAds
) -> None:
    rows = [
        spent("12.345678"),
        spent("0.01", ad_group="Boilers", ad_group_id="32", day=DAY - timedelta(days=6)),
        spent("80.5", campaign="Everything", campaign_id="2102", ad_group=None, ad_group_id=None),
    ]
    for each in (*rows, spent("5", day=DAY - timedelta(days=7)), spent("5", day=DAY + timedelta(days=1))):
        google.spend(each)
    found = connector.pull_costs(WEEK)
    assert sorted(found, key=lambda each: each.cost.amount) == sorted(rows, key=lambda each: each.cost.amount)


def test_all_pages_are_read(google: Sandbox, connector: GoogleAds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.ads.google_ads.sandbox.ads_rest.ROWS_PER_PAGE", 2)
    for number in range(5):
        google.spend(spent("1.5", ad_group_id=str(number)))
    assert [each.cost.amount for each in connector.pull_costs(WEEK)] == [Decimal("1.5")] * 5
    monkeypatch.setattr("plugins.ads.google_ads.search.MAX_PAGES", 2)
    with pytest.raises(RetryLater, match="pages"):
        connector.pull_costs(WEEK)


def test_an_account_that_hides_its_reports_is_named_with_what_to_do(google: Sandbox, connector: GoogleAds) -> None:
    google.hides_reports = "USER_PERMISSION_DENIED"
    with pytest.raises(NotSupported, match=r"1234567890.*USER_PERMISSION_DENIED.*login_customer_id.*hub costs import"):
        connector.pull_costs(WEEK)


def test_a_retired_version_of_the_google_ads_api_is_for_a_person_to_set(google: Sandbox, clock: FrozenClock) -> None:
    """Source: `RequestError.UNSUPPORTED_VERSION` of google-ads 34.0.0; v22 ended on 2026-10-07."""
    with pytest.raises(ConfigError, match="has retired the version of its API that is set here"):
        connect(GoogleAds, google, clock=clock, api_version="v22").pull_costs(WEEK)


@pytest.mark.parametrize(
    "row",
    [
        {"segments": {"date": "2026-11-20"}, "metrics": {"costMicros": "many"}, "campaign": {"id": "1"}},
        {"metrics": {"costMicros": "1"}, "campaign": {"id": "1"}, "customer": {"currencyCode": "USD"}},
        {"segments": {"date": "2026-11-20"}, "metrics": {"costMicros": "1"}, "customer": {"currencyCode": "USD"}},
    ],
)
def test_a_report_that_cannot_be_understood_replaces_nothing(
    row: Any, connector: GoogleAds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.ads.google_ads.sandbox.ads_rest.spending_rows", lambda *_: [row])
    with pytest.raises(RetryLater):
        connector.pull_costs(WEEK)


@pytest.mark.parametrize(
    "query, error",
    [
        (
            "SELECT campaign.cost FROM campaign WHERE segments.date BETWEEN '2026-11-01' AND '2026-11-02'",
            "UNRECOGNIZED",
        ),
        ("SELECT campaign.id FROM campaign", "BAD_FIELD_NAME"),
        ("SELECT campaign.id FROM campaign WHERE segments.date BETWEEN '2026-11-09' AND '2026-11-02'", "BETWEEN"),
    ],
)
def test_the_stand_in_refuses_queries_that_google_would_refuse(query: str, error: str) -> None:
    with pytest.raises(spending.BadQuery, match=error):
        spending.spending_rows(query, [], "1234567890")
