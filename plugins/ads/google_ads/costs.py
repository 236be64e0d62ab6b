"""What an account's campaigns and ad groups cost by day: the Google Ads API's reports.

Sources: Google Ads API, "Date ranges" (days are the account's own), fields of `campaign`, `ad_group` and `metrics`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.api import Money, NotSupported, RetryLater, as_mapping, as_text
from hub.api.ads import Cost, Days
from plugins.ads.google_ads.search import Search, SearchRefused
from plugins.ads.google_ads.settings import GoogleAdsSettings

FIGURES = "metrics.cost_micros, metrics.clicks, metrics.impressions, customer.currency_code, segments.date"
CAMPAIGN = "campaign.id, campaign.name"
AD_GROUP = "ad_group.id, ad_group.name"
MICROS = Decimal(1_000_000)
WHAT_TO_DO = {
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "sign in again and grant access to Google Ads",
    "SERVICE_DISABLED": "enable the Google Ads API in your Google Cloud project",
    "USER_PERMISSION_DENIED": "give the person who signed in read access, or set login_customer_id to your manager account",
}


def campaign_costs(search: Search, settings: GoogleAdsSettings, days: Days) -> list[Cost]:
    """What each ad group cost on each day, and what campaigns cost besides.

    A campaign without ad groups, such as Performance Max, is only in the report of campaigns: so what its ad groups do not
    account for is a row without one.
    """
    manager = settings.login_customer_id or settings.customer_id
    span = f"segments.date BETWEEN '{days.first}' AND '{days.last}'"

    def report(resource: str, fields: str) -> list[Cost]:
        query = f"SELECT {fields}, {FIGURES} FROM {resource} WHERE {span}"  # noqa: S608 - GAQL, of constants and dates
        return [_cost(row) for row in search.rows(settings.customer_id, manager, query)]

    try:
        groups = report("ad_group", f"{CAMPAIGN}, {AD_GROUP}")
        campaigns = report("campaign", CAMPAIGN)
    except SearchRefused as refusal:
        code = str(refusal)
        todo = WHAT_TO_DO.get(code, "give these credentials read access to the account")
        raise NotSupported(
            f"Google does not let these credentials read what account {settings.customer_id} spends ({code}); {todo}, or "
            "import costs from a file with hub costs import."
        ) from None
    return [*groups, *_besides(campaigns, groups)]


def _besides(campaigns: list[Cost], groups: list[Cost]) -> Iterator[Cost]:
    """What campaigns cost that is not in a row of their ad groups."""
    known: dict[tuple[date, str | None], Counter[str]] = {}
    for group in groups:
        sums = known.setdefault((group.day, group.campaign_id), Counter())
        sums.update({"cost": group.cost.amount, "clicks": group.clicks, "impressions": group.impressions})  # type: ignore[dict-item]
    for campaign in campaigns:
        sums = known.get((campaign.day, campaign.campaign_id), Counter())
        rest = campaign.cost.amount - sums["cost"]
        if rest > 0:
            yield replace(
                campaign,
                cost=Money(Decimal(rest), campaign.cost.currency),
                clicks=max(0, campaign.clicks - sums["clicks"]),
                impressions=max(0, campaign.impressions - sums["impressions"]),
            )


def _cost(row: Mapping[str, Any]) -> Cost:
    """A row of a report; RetryLater if it cannot be understood, because a part of a day's costs would be wrong."""
    campaign, group, metrics = (as_mapping(row.get(name)) for name in ("campaign", "adGroup", "metrics"))
    try:
        return Cost(
            day=date.fromisoformat(as_text(as_mapping(row.get("segments")).get("date"))),
            source="google",
            medium="cpc",
            campaign=as_text(campaign.get("name")) or None,
            campaign_id=str(campaign["id"]),
            ad_group=as_text(group.get("name")) or None,
            ad_group_id=str(group["id"]) if "id" in group else None,
            cost=Money(Decimal(str(metrics.get("costMicros", 0))) / MICROS, as_text(row["customer"]["currencyCode"])),
            clicks=int(metrics.get("clicks", 0)),
            impressions=int(metrics.get("impressions", 0)),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise RetryLater(f"Google's report of costs cannot be understood ({type(error).__name__}).") from error
