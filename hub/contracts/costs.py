"""What advertising cost: one row per day and campaign or ad group, as an ad network reports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.contracts.values import Money


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both included."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one campaign, or one of its ad groups, cost on one day.

    `source` and `medium` are those that the hub gives to the network's visits, like `google` and `cpc`. A call is matched
    with a cost by `campaign` or `campaign_id`, whichever the link's utm_campaign holds.
    """

    day: date
    """In the ad account's own time zone."""
    source: str
    medium: str
    campaign: str | None = None
    campaign_id: str | None = None
    ad_group: str | None = None
    ad_group_id: str | None = None
    cost: Money
    clicks: int = 0
    impressions: int = 0
