"""What the fake's account spends, and the queries on it that the Google Ads API answers.

Fields and errors are those of the API's reference of v26: `QueryError`, `AuthorizationError`, 10,000 rows a page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hub.api import JsonObject
from hub.api.ads import Cost

ROWS_PER_PAGE = 10_000
COMMON = ("segments.date", "metrics.cost_micros", "metrics.clicks", "metrics.impressions")
OF_CUSTOMER = ("customer.id", "customer.currency_code", "customer.time_zone", "customer.descriptive_name")
OF_CAMPAIGN = ("campaign.id", "campaign.name", "campaign.status", "campaign.advertising_channel_type")
FIELDS = {
    "campaign": (*COMMON, *OF_CUSTOMER, *OF_CAMPAIGN),
    "ad_group": (*COMMON, *OF_CUSTOMER, *OF_CAMPAIGN, "ad_group.id", "ad_group.name", "ad_group.status"),
}
QUERY = re.compile(
    r"SELECT (?P<fields>[\w., ]+) FROM (?P<resource>\w+)"
    r" WHERE segments\.date BETWEEN '(?P<first>\d{4}-\d\d-\d\d)' AND '(?P<last>\d{4}-\d\d-\d\d)'"
)


class BadQuery(Exception):
    """A `QueryError`, by its name."""


def spending_rows(query: str, costs: Sequence[Cost], customer: str) -> list[dict[str, object]]:
    """The rows of a query for campaigns or ad groups; BadQuery as Google would refuse it."""
    found = QUERY.fullmatch(" ".join(query.split()))
    if found is None:
        raise BadQuery("BAD_FIELD_NAME" if "FROM" in query else "EXPECTED_FROM")
    resource, fields = found["resource"], [field.strip() for field in found["fields"].split(",")]
    if unknown := set(fields) - set(FIELDS.get(resource, ())):
        raise BadQuery("UNRECOGNIZED_FIELD" if unknown else "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
    try:
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    except ValueError:
        raise BadQuery("INVALID_VALUE_WITH_BETWEEN_OPERATOR") from None
    if first > last:
        raise BadQuery("INVALID_VALUE_WITH_BETWEEN_OPERATOR")
    sums: dict[tuple[str, ...], list[Cost]] = {}
    for cost in costs:
        if first <= cost.day <= last and (resource == "campaign" or cost.ad_group_id):
            group = (cost.ad_group_id or "",) if resource == "ad_group" else ()
            sums.setdefault((str(cost.day), cost.campaign_id or "", *group), []).append(cost)
    return [_row(fields, rows, customer) for _, rows in sorted(sums.items())]


def _row(fields: Sequence[str], costs: Sequence[Cost], customer: str) -> JsonObject:
    """One row as REST writes it: camel case, and 64-bit numbers as text."""
    one = costs[0]
    micros = sum((cost.cost.amount for cost in costs), Decimal(0)) * 1_000_000
    values: Mapping[str, Any] = {
        "segments.date": str(one.day),
        "metrics.cost_micros": str(int(micros)),
        "metrics.clicks": str(sum(cost.clicks for cost in costs)),
        "metrics.impressions": str(sum(cost.impressions for cost in costs)),
        "customer.currency_code": one.cost.currency,
        "campaign.id": one.campaign_id,
        "campaign.name": one.campaign,
        "ad_group.id": one.ad_group_id,
        "ad_group.name": one.ad_group,
    }
    owner = f"customers/{customer}"
    names = {"customer": owner, "campaign": f"{owner}/campaigns/{one.campaign_id}",
             "ad_group": f"{owner}/adGroups/{one.ad_group_id}"}  # fmt: skip
    row: JsonObject = {
        _camel(name): {"resourceName": resource}
        for name, resource in names.items()
        if any(field.startswith(f"{name}.") for field in fields)
    }
    for field in fields:
        resource, _, name = field.partition(".")
        row.setdefault(_camel(resource), {})[_camel(name)] = values.get(field)
    return row


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
