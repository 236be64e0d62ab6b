"""Meta (Facebook and Instagram ads): conversions through the Conversions API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from hub.api import (
    ApiVersion,
    Auth,
    AuthError,
    ConfigError,
    Conversion,
    JsonObject,
    Limits,
    Manifest,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    Refusal,
    Rejected,
    RetryLater,
    RingfenceError,
    Share,
    Transform,
    hookimpl,
    value_at,
)
from hub.api.ads import ROWS, Batch, Call, ClickId, Cost, CostReport, Days, JsonAds, StandIn

COUNTRY = Transform(
    name="sha256_country",
    function=lambda code: code.strip().lower(),
    example=("US", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    sha256=True,
)
"""Source: Conversions API, "Customer Information Parameters": two letters in lower case, then SHA-256."""

ACTION_SOURCES = {"call": "phone_call", "text": "chat", "form": "other"}
NO_VALUE = "Meta takes a Purchase with a value only"
LIMITED_DATA_USE = {
    "data_processing_options": ["LDU"], "data_processing_options_country": 0, "data_processing_options_state": 0,
}  # fmt: skip


def _other_meanings(refusal: Refusal) -> RingfenceError | None:
    error = refusal.body.get("error")
    code = value_at(error, "code")
    if (code, value_at(error, "error_subcode")) == (100, 33):
        return ConfigError("Meta has no dataset with this dataset_id, or the access token does not reach it.")
    if value_at(error, "is_transient") is True:
        return RetryLater("Meta is unavailable for a short time.", refusal.after)
    return None


class MetaSettings(PluginSettings):
    """One dataset (formerly pixel) that conversions go to."""

    dataset_id: str = Field(pattern=r"^[0-9]{5,20}$", description="The dataset's id in Meta's Events Manager.")
    access_token: SecretStr = Field(description="A token of a system user with access to the dataset.")
    version: str = Field("v26.0", pattern=r"^v[0-9]{2,3}\.0$", description="The version of Meta's Graph API.")
    test_event_code: str | None = Field(
        None, pattern=r"^[A-Za-z0-9]{4,40}$", description="The code of the Test Events tab; dry runs need it."
    )
    limited_data_use: Literal["unless_granted", "always", "never"] = Field(
        "unless_granted",
        description="When events are marked for Limited Data Use, Meta's setting for US privacy laws. Meta finds the state by "
        "an IP address, and gets none from Ringfence.",
    )
    ad_account_id: str | None = Field(
        None, pattern=r"^[0-9]{5,20}$", description="The ad account whose costs are read; the token needs ads_read."
    )


class MetaDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: str = Field(
        "Lead",
        pattern=r"^[A-Za-z0-9_ -]{1,50}$",
        description="A standard event such as Lead, Schedule or Purchase, or your own; Purchase needs a value.",
    )

    def without_value(self) -> str | None:
        return (
            f"{NO_VALUE}; write `value:` into the rule, or choose another event" if self.event == "Purchase" else None
        )


class Meta(JsonAds):
    """One dataset of Meta. A request with one bad event counts nothing, so it is halved until the bad event stands alone."""

    Settings, Destination = MetaSettings, MetaDestination
    manifest = Manifest(
        name="meta",
        kind="ads",
        version="0.1.0",
        title="Meta",
        summary="Reports to Meta which clicks on Facebook and Instagram ads became calls and sales.",
        recipient=Recipient(
            name="Meta Platforms, Inc.",
            privacy_url="https://www.facebook.com/privacy/policy",
            opt_out_url="https://www.facebook.com/adpreferences/",
            postal_address="1 Meta Way, Menlo Park, CA 94025, USA",
        ),
        regions=("US",),
        hosts=("graph.facebook.com",),
        shares=(
            Share(field="clicked_at", keys=("fbclid",)),
            Share(field="cookies", keys=("_fbc", "_fbp")),
            Share(field="phone_number", transform="sha256_digits"),
            Share(field="email", transform="sha256_email"),
            Share(field="country", transform=COUNTRY),
            Share(field="landing_page"),
            Share(field="user_agent"),
        ),
        click_ids=(ClickId(parameter="fbclid", source="facebook", medium="paid_social"),),
        retention="as Meta's data retention of the dataset says",
        auth=Auth(kind="api_key", keys_url="https://business.facebook.com/events_manager2"),
        limits=Limits(per_request=1000, max_age=timedelta(days=7)),
        versions=(
            ApiVersion(name="v25.0", setting="version", ends=date(2027, 2, 23)),
            ApiVersion(name="v26.0", setting="version", ends=date(2027, 7, 29), is_published=False),
            ApiVersion(name="v27.0", setting="version"),
        ),
    )
    provider = Provider(
        name="Meta",
        remedy="make a new access token of the system user and put it into config.yaml",
        code="error.code",
        words="error.error_user_msg",
        codes={
            **dict.fromkeys(("10", "102", "190", "200"), AuthError),
            "100": Rejected,
            "*": RetryLater,
        },
        special=_other_meanings,
        retired=("2500", "2635"),
    )
    headers = {"authorization": "Bearer {access_token}"}
    check = Call(path="/{version}/{dataset_id}/events", body={"data": []}, expected={400: "100"})
    upload = Call(path="/{version}/{dataset_id}/events", body={"data": ROWS, "partner_agent": "ringfence"})
    dry_run = Call(
        path="/{version}/{dataset_id}/events",
        body={"data": ROWS, "partner_agent": "ringfence", "test_event_code": "{test_event_code}"},
    )
    batch = Batch(kind="all_or_nothing", count="events_received")
    costs = CostReport(
        call=Call(
            path="/{version}/act_{ad_account_id}/insights",
            params={
                "level": "adset",
                "time_increment": "1",
                "time_range": '{"since":"{first}","until":"{last}"}',
                "fields": "campaign_id,campaign_name,adset_id,adset_name,spend,clicks,impressions,account_currency",
                "limit": "500",
            },
            method="GET",
        ),
        rows="data",
        next="paging.cursors.after",
        next_parameter="after",
        more="paging.next",
        source="facebook",
        medium="paid_social",
        columns={
            "day": "date_start", "campaign": "campaign_name", "campaign_id": "campaign_id", "ad_group": "adset_name",
            "ad_group_id": "adset_id", "cost": "spend", "currency": "account_currency", "clicks": "clicks",
            "impressions": "impressions",
        },
    )  # fmt: skip
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={"dataset_id": "1234567890", "test_event_code": "TEST12345", "ad_account_id": "9876543210"},
        send_to={"event": "Lead"},
    )

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. Source: Conversions API, "Server Event Parameters"."""
        if item.destination["event"] == "Purchase" and item.value is None:
            return Receipt(key=item.key, status="rejected", code="NO_VALUE", reason=f"{NO_VALUE}.")
        person = self._person(item)
        if not any(person.values()):
            return self.unmatched(item)
        is_page_view = item.contact == "form" and item.landing_page and item.user_agent
        limited = self.settings.limited_data_use
        is_limited = limited == "always" or (limited == "unless_granted" and item.ad_user_data != "granted")
        return {
            "event_name": item.destination["event"],
            "event_time": int(item.occurred_at.timestamp()),
            "event_id": item.key,
            "action_source": "website" if is_page_view else ACTION_SOURCES[item.contact],
            "event_source_url": item.landing_page if is_page_view else None,
            "user_data": {
                **person,
                "ph": [person.get("ph")],
                "em": [person.get("em")],
                "country": [item.country if item.ad_user_data != "denied" else None],
                "client_user_agent": item.user_agent if is_page_view else None,
            },
            "custom_data": {
                "order_id": item.key,
                "value": item.amount,
                "currency": item.currency,
            },
            **(LIMITED_DATA_USE if is_limited else {}),
        }

    def _person(self, item: Conversion) -> Mapping[str, str | None]:
        """The person as Meta matches them. If they denied the use of their data for ads, only the click."""
        click, clicked_at = item.click_ids.get("fbclid"), item.clicked_at.get("fbclid")
        made = f"fb.1.{int(clicked_at.timestamp() * 1000)}.{click}" if click and clicked_at else None
        person = {"fbc": made or item.cookies.get("_fbc"), "fbp": item.cookies.get("_fbp")}
        return person if item.ad_user_data == "denied" else {**person, "ph": item.phone_number, "em": item.email}

    @hookimpl
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        """What the ad account's ad sets cost on each day."""
        return self.read_costs(self.costs, days)
