"""Google Analytics 4: calls and sales as events of the visitor's session, through the Measurement Protocol."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from hub.api import (
    ApiVersion,
    ConfigError,
    ConnectionReport,
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
    hookimpl,
)
from hub.api.ads import ROW, Batch, Call, JsonAds, StandIn

RESERVED = re.compile(r"^(_|ga_|google_|gtag\.|firebase_)")
RESERVED_NAMES = frozenset(
    (
        "ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_background",
        "app_clear_data", "app_exception", "app_remove", "app_store_refund", "app_store_subscription_cancel",
        "app_store_subscription_convert", "app_store_subscription_renew", "app_update", "app_upgrade",
        "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "first_open",
        "first_visit", "in_app_purchase", "notification_dismiss", "notification_foreground", "notification_open",
        "notification_receive", "notification_send", "os_update", "session_start", "user_engagement",
    )
)  # fmt: skip
"""Source: Measurement Protocol reference, "Reserved event names"."""
_DEPTH = r"\.\d+(?:-\d+)?\."
"""The levels of the cookie's domain, and of its path if it has one."""
_CLIENT = re.compile(rf"GA\d{_DEPTH}(\d{{1,10}}\.\d{{1,10}})")
_SESSION = re.compile(rf"GS1{_DEPTH}(\d{{1,10}})\b|GS2{_DEPTH}s(\d{{1,10}})\b")
NO_API = "There is no Measurement Protocol at this address; check base_url."
CONSENT = {"granted": "GRANTED", "denied": "DENIED", "unknown": None}


class GoogleAnalyticsSettings(PluginSettings):
    """One web data stream."""

    measurement_id: str = Field(
        pattern=r"^G-[A-Z0-9]{4,20}$", description="The stream's measurement id, like G-ABC123DEF4."
    )
    api_secret: SecretStr = Field(description="A Measurement Protocol API secret of that stream.")
    base_url: str = Field(
        "https://www.google-analytics.com",
        description="Where the API is; https://region1.google-analytics.com collects in the European Union.",
    )


class GoogleAnalyticsDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    event: str = Field("generate_lead", description="The event's name; mark it as a key event in Google Analytics.")

    @field_validator("event")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name) or RESERVED.match(name) or name in RESERVED_NAMES:
            raise ValueError(
                f"{name!r} cannot be an event's name: up to 40 letters, digits and _, and not a name of Google's own"
            )
        return name


class GoogleAnalytics(JsonAds):
    """One data stream. Google answers every event alike, so what it took is unverifiable; only a dry run says more."""

    Settings, Destination = GoogleAnalyticsSettings, GoogleAnalyticsDestination
    manifest = Manifest(
        name="ga4",
        kind="ads",
        version="0.1.0",
        title="Google Analytics",
        summary="Reports calls and sales to Google Analytics 4 as events of the visitor's session.",
        recipient=Recipient(name="Google LLC", role="processor", privacy_url="https://policies.google.com/privacy"),
        regions=("US",),
        hosts=("www.google-analytics.com", "region1.google-analytics.com"),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="analytics.reporting.ad_performance",
                shares=(Share(field="cookies", keys=("_ga", "_ga_*")),),
            ),
        ),
        personal_in_address="The Measurement Protocol takes its api_secret in the query only.",
        confirms=False,
        retention="as the property's data retention setting says, at most 14 months for users and events",
        deletion=Deletion(
            supported=False,
            note="Events cannot be changed or taken back. Google's User Deletion API, by client id, is not called.",
        ),
        limits=Limits(batch_size=50, max_age=timedelta(hours=72)),
        versions=(ApiVersion(name="GA4", api="Measurement Protocol"),),
    )
    provider = Provider(
        name="Google Analytics",
        remedy="make a new Measurement Protocol API secret and put it into config.yaml",
        code="validationMessages.0.validationCode",
        words="validationMessages.0.description",
        codes={"INTERNAL_ERROR": RetryLater},
        special=lambda refusal: ConfigError(NO_API) if refusal.status == 404 else None,
        succeeded=lambda said: not said.get("validationMessages"),
    )
    headers: dict[str, str] = {}
    stream = {"measurement_id": "{measurement_id}", "api_secret": "{api_secret}"}
    upload = Call(path="/mp/collect", params=stream, body=ROW)
    dry_run = Call(path="/debug/mp/collect", params=stream, body=ROW)
    check = Call(
        path="/debug/mp/collect",
        params=stream,
        body={"client_id": "1.1", "events": [{"name": "generate_lead", "params": {"engagement_time_msec": 1}}]},
    )
    batch = Batch(kind="one_each")
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={"measurement_id": "G-EXAMPLE123"},
        send_to={"event": "generate_lead"},
        key="events.0.params.transaction_id",
        value="events.0.params.value",
        currency="events.0.params.currency",
    )

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """A request with one event, in the session of the visit whose cookies the page's visitor allowed."""
        client = _CLIENT.fullmatch(item.cookies.get("_ga", ""))
        if client is None:
            reason = (
                "Not matched: Google Analytics knows people by its cookie, and this visit has none that may be used."
            )
            return self.unmatched(item, reason, "NO_CLIENT_ID")
        session = _SESSION.match(item.cookies.get(f"_ga_{self.settings.measurement_id.removeprefix('G-')}", ""))
        params = {
            "engagement_time_msec": 1,
            "transaction_id": item.key,
            "call_source": item.contact,
            "session_id": session and (session[1] or session[2]),
            "value": item.amount,
            "currency": item.currency,
        }
        return {
            "client_id": client[1],
            "timestamp_micros": int(item.occurred_at.timestamp() * 1_000_000),
            "events": [{"name": item.destination["event"], "params": params}],
            "consent": {
                "ad_user_data": CONSENT[item.ad_user_data],
                "ad_personalization": CONSENT[item.ad_personalization],
            },
        }

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Send an event for validation only; Google never says whether the secret is right."""
        report = super().check_connection()
        detail = "Google Analytics answers; it never says whether api_secret is right, so look for the first event in Realtime."
        return ConnectionReport(ok=True, detail=detail) if report.ok else report
