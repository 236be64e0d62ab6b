"""Snapchat: conversions through the Conversions API, version 3."""

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

ACTION_SOURCES = {"call": "PHONE_CALL", "text": "CHAT", "form": "WEB"}


class SnapchatSettings(PluginSettings):
    """One Snap Pixel that conversions go to."""

    pixel_id: str = Field(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="The Snap Pixel's id, from Events Manager."
    )
    access_token: SecretStr = Field(description="The Conversions API token of the organization that owns the pixel.")


class SnapchatDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: Literal[
        "SIGN_UP", "PURCHASE", "SUBSCRIBE", "RESERVE", "START_TRIAL", "CUSTOM_EVENT_1", "CUSTOM_EVENT_2",
        "CUSTOM_EVENT_3", "CUSTOM_EVENT_4", "CUSTOM_EVENT_5",
    ] = Field("SIGN_UP", description="One of Snapchat's events, such as SIGN_UP or PURCHASE.")  # fmt: skip


class Snapchat(JsonAds):
    """One Snap Pixel. A request with one bad event counts nothing, so it is halved until the bad event stands alone."""

    Settings, Destination = SnapchatSettings, SnapchatDestination
    manifest = Manifest(
        name="snapchat",
        kind="ads",
        version="0.1.0",
        title="Snapchat",
        recipient=Recipient(
            name="Snap Inc.",
            privacy_url="https://values.snap.com/privacy/privacy-policy",
            opt_out_url="https://values.snap.com/privacy/ads-privacy",
            postal_address="3000 31st Street, Santa Monica, CA 90405, USA",
        ),
        regions=("US",),
        hosts=("tr.snapchat.com",),
        shares=(
            Share(field="cookies", keys=("_scid",)),
            Share(field="phone_number", transform="sha256_digits"),
            Share(field="email", transform="sha256_email"),
            Share(field="landing_page"),
            Share(field="user_agent"),
        ),
        click_ids=(ClickId(parameter="ScCid", source="snapchat", medium="paid_social"),),
        auth=Auth(kind="api_key", keys_url="https://business.snapchat.com/"),
        limits=Limits(per_request=2000, max_age=timedelta(days=37)),
        versions=(ApiVersion(name="v3"),),
    )
    provider = Provider(
        name="Snapchat",
        remedy="make a new Conversions API token in Snapchat's Business Details and put it into config.yaml",
        code="error_code",
        words="reason",
    )
    headers: Mapping[str, str] = {"authorization": "Bearer {access_token}"}
    upload = Call(path="/v3/{pixel_id}/events", body={"data": ROWS})
    dry_run = Call(path="/v3/{pixel_id}/events/validate", body={"data": ROWS})
    batch = Batch(kind="all_or_nothing")
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={"pixel_id": "5bf81ee1-0000-4000-8000-d7dae49b950e"},
    )

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Source: Snap's Conversions API v3, "Parameters" and "Offline Events"."""
        click, may_match = item.click_ids.get("ScCid"), item.ad_user_data != "denied"
        phone, email = (item.phone_number, item.email) if may_match else (None, None)
        if not (click or phone or email):
            return self.unmatched(item)
        is_page = item.contact == "form" and item.landing_page and item.user_agent
        return {
            "event_name": item.destination["event"],
            "event_time": int(item.occurred_at.timestamp()),
            "event_id": item.key,
            "action_source": "WEB" if is_page else ACTION_SOURCES[item.contact] if item.contact != "form" else "OTHER",
            "event_source_url": item.landing_page if is_page else None,
            "user_data": {
                "ph": [phone],
                "em": [email],
                "sc_click_id": click,
                "sc_cookie1": item.cookies.get("_scid") if may_match else None,
                "client_user_agent": item.user_agent if is_page else None,
            },
            "custom_data": {"order_id": item.key, "value": item.amount, "currency": item.currency},
            "data_processing_options": None if item.ad_user_data == "granted" else ["LDU"],
        }
