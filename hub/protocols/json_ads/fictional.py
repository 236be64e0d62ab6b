"""One made-up conversion: what a dry run checks a connection with, and what shows where a row has its parts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.contracts.conversions import Conversion
from hub.contracts.disclosure import disclose
from hub.contracts.manifest import Manifest
from hub.contracts.values import Money

KEY, CLICK = "connection-check", "fictional-click"
VALUE = Money(Decimal("43.21"), "USD")
PARTS = ("key", "value", "currency")


def fictional(manifest: Manifest, destination: Mapping[str, Any], now: datetime) -> Conversion:
    """A conversion of this second as the plugin gets it. Its person belongs to nobody."""
    at = now.replace(microsecond=0)
    flow = manifest.flow("upload_conversions")
    keys = {share.field: share.keys for share in flow.shares} if flow else {}
    clicks = [*keys.get("click_ids", ()), *(each.parameter for each in manifest.click_ids)]
    whole = Conversion(
        key=KEY,
        name="connection check",
        occurred_at=at,
        value=VALUE,
        destination=destination,
        ad_user_data="granted",
        ad_personalization="granted",
        call_started_at=at,
        click_ids=dict.fromkeys(clicks, CLICK),
        clicked_at=dict.fromkeys(clicks, at),
        cookies=dict.fromkeys(keys.get("cookies", ()), CLICK),
        phone_number="+12025550123",
        email="person@example.com",
        country="US",
        landing_page="https://www.example.com/",
        user_agent="Mozilla/5.0",
    )
    return disclose(whole, manifest, "upload_conversions").value


def places(row: object, item: Conversion) -> dict[str, str]:
    """Where a row has the key, the value and the currency of this conversion, each as a path."""
    found: dict[str, str] = {}
    for path, leaf in _leaves(row, ""):
        part = _part(leaf, item)
        if part:
            found.setdefault(part, path)
    return found


def _part(leaf: object, item: Conversion) -> str | None:
    if leaf == item.key:
        return "key"
    if leaf == VALUE.currency:
        return "currency"
    try:
        return "value" if Decimal(str(leaf)) == VALUE.amount else None
    except InvalidOperation:
        return None


def _leaves(row: object, place: str) -> Iterator[tuple[str, object]]:
    items = row.items() if isinstance(row, Mapping) else enumerate(row) if isinstance(row, list | tuple) else None
    if items is None:
        yield place, row
        return
    for name, inner in items:
        yield from _leaves(inner, f"{place}.{name}" if place else str(name))
