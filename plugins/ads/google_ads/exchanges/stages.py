"""What the recorded exchanges with Google need at the stand-in: a token, and a request whose diagnostics are ready."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from hub.api import Money
from hub.api.ads import Cost
from plugins.ads.google_ads.sandbox import Sandbox
from plugins.ads.google_ads.sandbox.account import Ingested


def signed_in(google: Sandbox) -> dict[str, str]:
    """A token as Google's endpoint gives it."""
    _, granted = google.tokens.answer({"grant_type": "refresh_token", **google.settings()["credentials"]}, "")
    return {"token": granted["access_token"]}


def spent(google: Sandbox) -> dict[str, str]:
    """A token, and what one ad group cost."""
    google.costs = [
        Cost(day=date(2026, 11, 20), source="google", medium="cpc", campaign="Emergency", campaign_id="21000000001",
             ad_group="Burst pipes", ad_group_id="31000000001", cost=Money(Decimal("12.34"), "USD"), clicks=3)
    ]  # fmt: skip
    return signed_in(google)


def diagnosed(google: Sandbox) -> dict[str, str]:
    """A request of three events, of which the second clicked no ad and the third has an unknown click id."""
    account = {"accountType": "GOOGLE_ADS", "accountId": google.customer_id}
    destination = {"reference": "987654321", "operatingAccount": account, "productDestinationId": "987654321"}
    errors = {"987654321": {"CLICK_NOT_FOUND": [1], "INVALID_GCLID": [2]}}
    google.requests["t-0123456789abcdef"] = Ingested(google.clock(), [destination], Counter({"987654321": 3}), errors)
    return signed_in(google)
