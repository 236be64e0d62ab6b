"""TikTok: conversions through the Events API 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    AuthError,
    Conversion,
    DataFlow,
    Deletion,
    JsonObject,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    RetryLater,
    Share,
)
from hub.api.ads import ROWS, SHA256, Batch, Call, ClickId, JsonAds, StandIn

EVENT = {
    "event": str,
    "event_time": int,
    "event_id": str,
    "user": {
        "phone?": [SHA256], "email?": [SHA256], "ttclid?": str, "ttp?": str, "user_agent?": str,
    },
    "properties": {"order_id": str, "description": str, "value?": float, "currency?": r"[A-Z]{3}"},
    "page?": {"url": r"https?://.+"},
    "limited_data_use?": bool,
}  # fmt: skip
"""An event of either source. Source: TikTok Events API 2.0, "Payload"; offline events have no page and no browser."""
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
    base_url: str = Field(
        "https://business-api.tiktok.com", description="Where the API is; a proxy may take its place."
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
        summary="Reports to TikTok which clicks on its ads became calls and sales.",
        recipient=Recipient(
            name="TikTok Inc.",
            role="independent_controller",
            privacy_url="https://www.tiktok.com/legal/page/us/privacy-policy/en",
        ),
        regions=("US", "SG"),
        hosts=("business-api.tiktok.com",),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(
                    Share(field="click_ids", keys=("ttclid",)),
                    Share(field="cookies", keys=("_ttp",)),
                    Share(field="phone_number", transform="sha256_e164"),
                    Share(field="email", transform="sha256_email"),
                    Share(field="landing_page"),
                    Share(field="user_agent"),
                ),
            ),
        ),
        click_ids=(ClickId(parameter="ttclid", source="tiktok", medium="paid_social"),),
        retention="as TikTok keeps the events of a pixel or an offline event set",
        deletion=Deletion(supported=False, note="TikTok has no way to delete, change or take back one event."),
        auth=Auth(kind="api_key", keys_url="https://business-api.tiktok.com/portal"),
        limits=Limits(batch_size=1000, max_age=timedelta(days=7)),
        abilities=("dry_run",),
    )
    provider = Provider(
        name="TikTok",
        remedy="give the token the permission to report conversion events, or put a new one into config.yaml",
        code="code",
        words="message",
        codes={
            **dict.fromkeys(("40001", "40104", "40105"), AuthError),
            **dict.fromkeys(("40100", "40700", "50000", "50002", "51305"), RetryLater),
        },
        succeeded=lambda said: said.get("code") == 0,
    )
    headers: Mapping[str, str] = {"access-token": "{access_token}"}
    check = Call(path="/open_api/v1.3/user/info/", method="GET")
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
        settings={
            "access_token": "sandbox-events-token",
            "pixel_code": "C4A1EXAMPLE1234",
            "offline_event_set_id": "7012345678901234567",
            "test_event_code": "TEST12345",
        },
        send_to={"event": "Lead"},
        shape=EVENT,
        time="event_time",
        key="event_id",
        value="properties.value",
        currency="properties.currency",
        accepted=(200, {"code": 0, "message": "OK", "request_id": "2026112415", "data": {}}),
        refused=(200, {"code": 40002, "message": "data.0 is invalid", "request_id": "2026112415", "data": {}}),
        unauthorized=(200, {"code": 40105, "message": "Access token is incorrect or has been revoked.", "data": {}}),
        checked=(200, {"code": 0, "message": "OK", "data": {"display_name": "Example Plumbing"}}),
    )

    def group(self, item: Conversion) -> Mapping[str, str]:
        """The kind of event, which all events of a request share."""
        source = "web" if self._is_web(item) else "offline"
        where = self.settings.pixel_code if source == "web" else self.settings.offline_event_set_id
        return {"event_source": source, "event_source_id": where}

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Web events carry the click and the page; offline events refuse both."""
        is_web, person = self._is_web(item), self._person(item)
        if not person or not (is_web or self.settings.offline_event_set_id):
            reason = (
                "Not matched: this caller has no TikTok click, and no phone number or e-mail address that may be sent."
            )
            if person:
                reason = "Not matched: without a TikTok click an offline event set is needed; none is in config.yaml."
            return Receipt(key=item.key, status="unmatched", code="NO_IDENTIFIERS", reason=reason)
        event: JsonObject = {
            "event": item.destination["event"],
            "event_time": int(item.occurred_at.timestamp()),
            "event_id": item.key,
            "user": person,
            "properties": {"order_id": item.key, "description": item.contact},
        }
        if item.value:
            event["properties"] |= {"value": float(item.value.amount), "currency": item.value.currency}
        if is_web:
            event |= {"page": {"url": item.landing_page}, "limited_data_use": item.ad_user_data != "granted"}
        return event

    def _is_web(self, item: Conversion) -> bool:
        return bool(self.settings.pixel_code and item.click_ids.get("ttclid") and item.landing_page)

    def _person(self, item: Conversion) -> JsonObject:
        person: dict[str, object] = {}
        if item.ad_user_data != "denied":
            person = {name: [text] for name, text in (("phone", item.phone_number), ("email", item.email)) if text}
        if self._is_web(item):
            known = {"ttclid": item.click_ids["ttclid"], "ttp": item.cookies.get("_ttp"), "user_agent": item.user_agent}
            person |= {name: text for name, text in known.items() if text}
        return person
