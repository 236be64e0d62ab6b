"""What an ad network's campaigns cost, read from a report in JSON pages that the plugin declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from hub.contracts.costs import Cost
from hub.contracts.untrusted import JsonObject, value_at
from hub.contracts.values import Money
from hub.errors import RetryLater
from hub.protocols.json_ads.templates import Call

MAX_PAGES = 200
NAMES = ("campaign", "campaign_id", "ad_group", "ad_group_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """A report of costs, by day and campaign or ad group."""

    call: Call
    """`{first}` and `{last}` are its days, like 2026-11-24."""
    rows: str
    """Where the rows are in the reply, as `data.list`."""
    source: str
    medium: str
    columns: Mapping[str, str]
    """Where a row has `day`, `cost`, `currency`, and if known `campaign`, `campaign_id`, `ad_group`, `ad_group_id`, `clicks`
    and `impressions`."""
    next: str = ""
    """Where the reply has the parameter for the next page; without it there is one page."""
    next_parameter: str = ""
    more: str = ""
    """Where the reply has something if there is a next page; empty: if it has the parameter."""

    def row(self, cost: Cost) -> JsonObject:
        """A cost as a row of the report, for the stand-in."""
        said = {
            "day": str(cost.day),
            "cost": str(cost.cost.amount),
            "currency": cost.cost.currency,
            **{name: getattr(cost, name) for name in (*NAMES, "clicks", "impressions")},
        }
        row: JsonObject = {}
        for name, path in self.columns.items():
            *outer, last = path.split(".")
            place = row
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = said[name]
        return row

    def cost(self, row: Mapping[str, object]) -> Cost:
        """A row of the report. RetryLater if it cannot be understood, because a part of a day's costs would be wrong."""
        said = {name: value_at(row, path) for name, path in self.columns.items()}
        try:
            return Cost(
                day=date.fromisoformat(str(said["day"])[:10]),
                source=self.source,
                medium=self.medium,
                **{name: str(said[name]) for name in NAMES if said.get(name) is not None},
                cost=Money(Decimal(str(said["cost"])), str(said["currency"])),
                clicks=int(said.get("clicks") or 0),
                impressions=int(said.get("impressions") or 0),
            )
        except (KeyError, ValueError, TypeError, InvalidOperation) as error:
            raise RetryLater(f"The report of costs cannot be understood ({type(error).__name__}).") from error
