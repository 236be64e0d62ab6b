"""Pinwheel, an invented ad network that answers for each conversion of a request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field, SecretStr

from hub.api import Conversion, Limits, Manifest, PluginSettings, Provider, Recipient, Share
from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, StandIn


class Settings(PluginSettings):
    ad_account: str = Field(description="The ad account's number.", pattern="^[0-9]+$")
    access_token: SecretStr = Field(description="The conversion token from the ad account's page.")


class Destination(PluginSettings):
    event: str = Field("lead", description="The event's name at Pinwheel.")


class Pinwheel(JsonAds):
    Settings, Destination = Settings, Destination
    manifest = Manifest(
        name="pinwheel",
        kind="ads",
        version="1.0.0",
        title="Pinwheel",
        summary="Reports to Pinwheel which pins became calls and sales.",
        recipient=Recipient(
            name="Pinwheel",
            privacy_url="https://pinwheel.example.com/privacy",
            postal_address="1 Wheel Street, Springfield, IL 62701, USA",
        ),
        regions=("US",),
        hosts=("api.pinwheel.example.com",),
        shares=(Share(field="phone_number", transform="sha256_digits"),),
        click_ids=(ClickId(parameter="pwid", source="pinwheel", medium="cpc"),),
        limits=Limits(per_request=1000, max_age=timedelta(days=7)),
    )

    provider = Provider(name="Pinwheel", remedy="renew access_token in config.yaml", code="code", words="message")
    headers = {"authorization": "Bearer {access_token}"}
    check = Call(path="/v5/ad_accounts/{ad_account}", method="GET")
    upload = Call(path="/v5/ad_accounts/{ad_account}/events", body={"data": ROWS})
    dry_run = Call(path="/v5/ad_accounts/{ad_account}/events", body={"data": ROWS}, params={"test": "true"})
    batch = Batch(
        kind="results",
        at="events",
        on_status={422: "details.events"},
        is_good=lambda event: event.get("status") == "processed",
        words="error_message",
    )
    stand_in = StandIn(
        settings={"ad_account": "549755885175"},
        send_to={"event": "lead"},
        time="event_time",
        accepted=(200, {"num_events_processed": "{count}", "events": ROWS}),
        some_refused=(422, {"code": "SOME", "message": "Some failed.", "details": {"events": ROWS}}),
        good_row={"status": "processed", "error_message": ""},
        bad_row={"status": "failed", "code": "INVALID", "error_message": "The event is not valid."},
        refused=(400, {"code": "INVALID", "message": "The request is not valid."}),
        unauthorized=(401, {"code": 2, "message": "Authentication failed."}),
    )

    def row(self, item: Conversion) -> dict[str, Any]:
        return {
            "event_id": item.key,
            "event_name": item.destination["event"],
            "event_time": int(item.occurred_at.timestamp()),
            "user_data": {"click_id": item.click_ids.get("pwid"), "ph": [item.phone_number]},
            "opt_out": {"granted": False, "denied": True, "unknown": None}[item.ad_user_data],
            "custom_data": {"value": item.value and str(item.value.amount), "currency": item.currency},
        }
