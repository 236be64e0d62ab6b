"""Pinterest: conversions through the API for Conversions, v5."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from hub.api import (
    ApiVersion,
    Auth,
    Conversion,
    JsonObject,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    Share,
)
from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, StandIn

NOT_ELIGIBLE = "Not eligible: Pinterest needs an email address; it matches nobody by a number or a click alone."
EVENTS = Call(path="/v5/ad_accounts/{ad_account_id}/events", body={"data": ROWS})


class PinterestSettings(PluginSettings):
    """One ad account and its conversion token."""

    ad_account_id: str = Field(
        pattern=r"^[0-9]{1,18}$", description="The ad account's id, from Pinterest's Ads Manager."
    )
    access_token: SecretStr = Field(description="The conversion access token of the ad account.")


class PinterestDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: Literal["lead", "signup", "checkout", "custom", "subscribe", "page_visit", "view_content"] = Field(
        "lead", description="One of Pinterest's events, such as lead or checkout."
    )


class Pinterest(JsonAds):
    """One ad account. The answer says of each event whether it was processed."""

    Settings, Destination = PinterestSettings, PinterestDestination
    manifest = Manifest(
        name="pinterest",
        kind="ads",
        version="0.1.0",
        title="Pinterest",
        recipient=Recipient(
            name="Pinterest, Inc.",
            privacy_url="https://policy.pinterest.com/privacy-policy",
            opt_out_url="https://help.pinterest.com/article/personalization-and-data",
            postal_address="651 Brannan Street, San Francisco, CA 94107, USA",
        ),
        regions=("US",),
        hosts=("api.pinterest.com",),
        shares=(
            Share(field="cookies", keys=("_epik",)),
            Share(field="phone_number", transform="sha256_digits"),
            Share(field="email", transform="sha256_email"),
            Share(field="landing_page"),
            Share(field="user_agent"),
        ),
        click_ids=(ClickId(parameter="epik", source="pinterest", medium="paid_social"),),
        auth=Auth(kind="api_key", keys_url="https://ads.pinterest.com/conversions/"),
        limits=Limits(per_request=1000, requests_per_minute=5000, max_age=timedelta(days=7)),
        versions=(ApiVersion(name="v5"),),
    )
    provider = Provider(
        name="Pinterest",
        remedy="make a new conversion access token in Pinterest's Ads Manager and put it into config.yaml",
        code="code",
        words="message",
    )
    headers: Mapping[str, str] = {"authorization": "Bearer {access_token}"}
    upload = EVENTS
    dry_run = Call(path=EVENTS.path, body=EVENTS.body, params={"test": "true"})
    batch = Batch(
        kind="results",
        at="events",
        on_status={422: "details.events"},
        nothing_counts=True,
        is_good=lambda result: result.get("status") == "processed",
        code="status",
        words="error_message",
    )
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml", settings={"ad_account_id": "549755885175"}
    )

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Source: pinterest/api-description, v5/openapi.json, `ConversionEvents`."""
        if item.ad_user_data == "denied" or not item.email:
            return self.unmatched(item, NOT_ELIGIBLE, "NOT_ELIGIBLE")
        is_page = item.contact == "form" and item.landing_page
        return {
            "event_name": item.destination["event"],
            "action_source": "web" if is_page else "offline",
            "event_time": int(item.occurred_at.timestamp()),
            "event_id": item.key,
            "event_source_url": item.landing_page if is_page else None,
            "partner_name": "ss-ringfence",
            "user_data": {
                "em": [item.email],
                "ph": [item.phone_number],
                "click_id": item.click_ids.get("epik") or item.cookies.get("_epik"),
                "client_user_agent": item.user_agent if is_page else None,
            },
            "custom_data": {
                "order_id": item.key,
                "value": f"{item.value.amount:.2f}" if item.value else None,
                "currency": item.currency,
                "opt_out_type": None if item.ad_user_data == "granted" else "LDP",
            },
        }
