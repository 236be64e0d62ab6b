"""Reddit: conversions through the Conversions API, version 3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

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
    Transform,
)
from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, StandIn

STANDARD_EVENTS = {"Lead": "LEAD", "Purchase": "PURCHASE", "SignUp": "SIGN_UP"}
EVENTS = "/api/v3/pixels/{pixel_id}/conversion_events"


def canonical_email(email: str) -> str:
    """An address by Reddit's rule: in lower case, without dots and without what follows a + before the @."""
    name, _, domain = email.strip().lower().partition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}"


EMAIL = Transform(
    name="sha256_reddit_email",
    function=canonical_email,
    example=("Al.ice+Apple@Example.Com", "ff8d9819fc0e12bf0d24892e45987e249a28dce836a85cad60e28eaaa8c6d976"),
    sha256=True,
)
"""Source: Conversions API v3, "Direct Integration", match keys; the example is Reddit's own."""


class RedditSettings(PluginSettings):
    """One pixel that conversions go to."""

    pixel_id: str = Field(
        pattern=r"^(a2|t2)_[a-z0-9]{3,30}$", description="The pixel's id in Reddit's Events Manager, such as a2_abc123."
    )
    access_token: SecretStr = Field(description="The conversion access token of the pixel's ad account.")
    test_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]{3,60}$", description="The test ID of the page Event Testing; dry runs need it."
    )


class RedditDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: str = Field(
        "Lead",
        pattern=r"^[A-Za-z0-9_ -]{1,64}$",
        description="Lead, Purchase, SignUp, or the name of a custom event of your own.",
    )


class Reddit(JsonAds):
    """One pixel of Reddit. A request with one bad event counts nothing, so it is halved until the bad event stands alone."""

    Settings, Destination = RedditSettings, RedditDestination
    manifest = Manifest(
        name="reddit",
        kind="ads",
        version="0.1.0",
        title="Reddit",
        recipient=Recipient(
            name="Reddit, Inc.",
            privacy_url="https://www.reddit.com/policies/privacy-policy",
            opt_out_url="https://www.reddit.com/personalization",
            postal_address="303 2nd Street, South Tower, 5th Floor, San Francisco, CA 94107, USA",
        ),
        regions=("US",),
        hosts=("ads-api.reddit.com",),
        shares=(
            Share(field="phone_number", transform="sha256_e164"),
            Share(field="email", transform=EMAIL),
            Share(field="country"),
            Share(field="landing_page"),
            Share(field="user_agent"),
        ),
        click_ids=(ClickId(parameter="rdt_cid", source="reddit", medium="paid_social"),),
        auth=Auth(kind="api_key", keys_url="https://ads.reddit.com/events-manager"),
        limits=Limits(per_request=1000, max_age=timedelta(days=7)),
        versions=(ApiVersion(name="v3"),),
    )
    provider = Provider(
        name="Reddit",
        remedy="make a new conversion access token in Reddit's Events Manager and put it into config.yaml, and check pixel_id",
        words=("error.message", "message"),
    )
    headers: Mapping[str, str] = {"authorization": "Bearer {access_token}"}
    upload = Call(path=EVENTS, body={"data": {"events": ROWS}})
    dry_run = Call(path=EVENTS, body={"data": {"test_id": "{test_id}", "events": ROWS}})
    batch = Batch(kind="all_or_nothing")
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={"pixel_id": "a2_sandbox", "test_id": "t2_example"},
        send_to={"event": "Lead"},
    )

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Source: Conversions API v3, "Direct Integration" (ads-api.reddit.com/docs/v3)."""
        click, may_match = item.click_ids.get("rdt_cid"), item.ad_user_data != "denied"
        phone, email = (item.phone_number, item.email) if may_match else (None, None)
        if not (click or phone or email):
            return self.unmatched(item)
        is_page_view, event = item.contact == "form" and item.landing_page, item.destination["event"]
        standard = STANDARD_EVENTS.get(event)
        is_limited = item.ad_user_data != "granted"
        return {
            "event_at": int(item.occurred_at.timestamp() * 1000),
            "action_source": "WEBSITE" if is_page_view else "OTHER",
            "event_source_url": item.landing_page if is_page_view else None,
            "click_id": click,
            "type": {"tracking_type": standard or "CUSTOM", "custom_event_name": None if standard else event},
            "metadata": {"conversion_id": item.key, "value": item.amount, "currency": item.currency},
            "user": {
                "email": email,
                "phone_number": phone,
                "user_agent": item.user_agent if is_page_view else None,
                "data_processing_options": {"modes": ["LDU"], "country": item.country} if is_limited else None,
            },
        }
