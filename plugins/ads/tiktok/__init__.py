"""TikTok: conversions through the Events API 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from hub.api import (
    ApiVersion,
    Auth,
    AuthError,
    Conversion,
    JsonObject,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    Rejected,
    RetryLater,
    Share,
)
from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, StandIn

OFFLINE_EVENTS = (
    "Contact", "SubmitForm", "Lead", "Schedule", "CompletePayment", "Purchase", "CompleteRegistration", "Subscribe",
    "SubmitApplication", "FindLocation",
)  # fmt: skip


class TikTokSettings(PluginSettings):
    """One pixel, one offline event set, or both."""

    access_token: SecretStr = Field(description="The token from Events Manager, Settings, Events API.")
    pixel_code: str | None = Field(
        None, pattern=r"^[A-Z0-9]{10,40}$", description="The pixel, for callers who clicked a TikTok ad."
    )
    offline_event_set_id: str | None = Field(
        None, pattern=r"^[0-9]{10,25}$", description="The offline event set, for callers known by their number only."
    )
    test_event_code: str | None = Field(
        None, pattern=r"^TEST[A-Z0-9]{1,20}$", description="The code of the Test Events tab; dry runs need it."
    )


class TikTokDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: str = Field(
        "Lead",
        pattern=rf"^({'|'.join(OFFLINE_EVENTS)})$",
        description="One of TikTok's standard events, such as Lead or Contact.",
    )


class TikTok(JsonAds):
    """One advertiser's events: `web` if the click is known, else `offline`. A request with one bad event counts nothing."""

    Settings, Destination = TikTokSettings, TikTokDestination
    manifest = Manifest(
        name="tiktok",
        kind="ads",
        version="0.1.0",
        title="TikTok",
        recipient=Recipient(
            name="TikTok Inc.",
            privacy_url="https://www.tiktok.com/legal/page/us/privacy-policy/en",
            postal_address="5800 Bristol Parkway, Suite 100, Culver City, CA 90230, USA",
        ),
        regions=("US", "SG"),
        hosts=("business-api.tiktok.com",),
        shares=(
            Share(field="cookies", keys=("_ttp",)),
            Share(field="phone_number", transform="sha256_e164"),
            Share(field="email", transform="sha256_email"),
            Share(field="landing_page"),
            Share(field="user_agent"),
        ),
        click_ids=(ClickId(parameter="ttclid", source="tiktok", medium="paid_social"),),
        auth=Auth(kind="api_key", keys_url="https://business-api.tiktok.com/portal"),
        limits=Limits(per_request=1000, max_age=timedelta(days=7)),
        versions=(ApiVersion(name="v1.3"),),
    )
    provider = Provider(
        name="TikTok",
        remedy="give the token the permission to report conversion events, or put a new one into config.yaml",
        code="code",
        words="message",
        codes={
            "40100": RetryLater,
            **dict.fromkeys(("40001", "401xx"), AuthError),
            **dict.fromkeys(("20001", "40000", "40002"), Rejected),
            "*": RetryLater,
        },
        succeeded=lambda said: said.get("code") == 0,
    )
    headers: Mapping[str, str] = {"access-token": "{access_token}"}
    upload = Call(
        path="/open_api/v1.3/event/track/",
        body={"event_source": "{event_source}", "event_source_id": "{event_source_id}", "data": ROWS},
    )
    dry_run = Call(
        path="/open_api/v1.3/event/track/",
        body={
            "event_source": "{event_source}",
            "event_source_id": "{event_source_id}",
            "test_event_code": "{test_event_code}",
            "data": ROWS,
        },
    )
    batch = Batch(kind="all_or_nothing")
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={
            "pixel_code": "C4A1EXAMPLE1234",
            "offline_event_set_id": "7012345678901234567",
            "test_event_code": "TEST12345",
        },
        send_to={"event": "Lead"},
    )

    def group(self, item: Conversion) -> Mapping[str, str]:
        """The kind of event, which all events of a request share."""
        source = "web" if self._is_web(item) else "offline"
        where = self.settings.pixel_code if source == "web" else self.settings.offline_event_set_id
        return {"event_source": source, "event_source_id": where}

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Web events carry the click and the page; offline events refuse both."""
        is_web, may_match = self._is_web(item), item.ad_user_data != "denied"
        phone, email = (item.phone_number, item.email) if may_match else (None, None)
        if not (is_web or phone or email):
            return self.unmatched(item)
        if not (is_web or self.settings.offline_event_set_id):
            return self.unmatched(
                item, "Not matched: without a TikTok click, offline_event_set_id is needed in config.yaml."
            )
        return {
            "event": item.destination["event"],
            "event_time": int(item.occurred_at.timestamp()),
            "event_id": item.key,
            "user": {
                "phone": [phone],
                "email": [email],
                "ttclid": item.click_ids["ttclid"] if is_web else None,
                "ttp": item.cookies.get("_ttp") if is_web else None,
                "user_agent": item.user_agent if is_web else None,
            },
            "properties": {
                "order_id": item.key,
                "description": item.contact,
                "value": item.amount,
                "currency": item.currency,
            },
            "page": {"url": item.landing_page} if is_web else None,
            "limited_data_use": item.ad_user_data != "granted",
        }

    def _is_web(self, item: Conversion) -> bool:
        return bool(self.settings.pixel_code and item.click_ids.get("ttclid") and item.landing_page)
