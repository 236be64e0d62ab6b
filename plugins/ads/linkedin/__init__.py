"""LinkedIn: conversions through the Conversions API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
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
    Refusal,
    RingfenceError,
    Share,
)
from hub.api.ads import ROWS, Batch, Call, ClickId, JsonAds, StandIn

VERSIONS = tuple(f"{month:%Y%m}" for month in (date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12))))
"""Each ends about the middle of its month a year later. Source: LinkedIn Marketing, "API Migration Status"."""
NOT_ELIGIBLE = (
    "Not eligible: LinkedIn takes no phone number, and this caller has neither a LinkedIn click nor an email address."
)
BATCH_CREATE = {"x-restli-method": "BATCH_CREATE"}
RULE = "urn:lla:llaPartnerConversion:"


def _other_meanings(refusal: Refusal) -> RingfenceError | None:
    if refusal.status == 403:
        return AuthError(
            "LinkedIn does not let this token send to the conversion rule; give it access to the ad account, and check that "
            "the rule is enabled and of the method Conversions API."
        )
    return None


class LinkedInSettings(PluginSettings):
    """One ad account's access token."""

    access_token: SecretStr = Field(description="The token from Campaign Manager, Signals Manager, Direct API.")
    version: str = Field(
        "202608", pattern=r"^20[2-9][0-9](0[1-9]|1[0-2])$", description="The version of LinkedIn's API: year and month."
    )


class LinkedInDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    conversion: int = Field(gt=0, description="The number of the conversion rule, of the method Conversions API.")


class LinkedIn(JsonAds):
    """One ad account. A request with one bad event counts nothing, so it is halved until the bad event stands alone."""

    Settings, Destination = LinkedInSettings, LinkedInDestination
    manifest = Manifest(
        name="linkedin",
        kind="ads",
        version="0.1.0",
        title="LinkedIn",
        recipient=Recipient(
            name="LinkedIn Corporation",
            privacy_url="https://www.linkedin.com/legal/privacy-policy",
            opt_out_url="https://www.linkedin.com/psettings/guest-controls/retargeting-opt-out",
            postal_address="1000 W. Maude Avenue, Sunnyvale, CA 94085, USA",
        ),
        regions=("US",),
        hosts=("api.linkedin.com",),
        shares=(Share(field="cookies", keys=("li_fat_id",)), Share(field="email", transform="sha256_email")),
        click_ids=(ClickId(parameter="li_fat_id", source="linkedin", medium="paid_social"),),
        auth=Auth(
            kind="api_key", scopes=("rw_conversions", "r_ads"), keys_url="https://www.linkedin.com/developers/apps"
        ),
        takes_permissions=False,
        limits=Limits(per_request=5000, requests_per_minute=600, max_age=timedelta(days=90)),
        versions=tuple(
            ApiVersion(
                name=name, setting="version", ends=date(int(name[:4]) + 1, int(name[4:]), 15), is_published=False
            )
            for name in VERSIONS
        ),
    )
    provider = Provider(
        name="LinkedIn",
        remedy="make a new token in Campaign Manager and put it into config.yaml",
        code="serviceErrorCode",
        words="message",
        special=_other_meanings,
        retired=("426",),
    )
    headers: Mapping[str, str] = {
        "authorization": "Bearer {access_token}",
        "linkedin-version": "{version}",
        "x-restli-protocol-version": "2.0.0",
    }
    check = Call(
        path="/rest/conversionEvents",
        body={"elements": []},
        headers=BATCH_CREATE,
        expected=dict.fromkeys((400, 422), ""),
    )
    upload = Call(path="/rest/conversionEvents", body={"elements": ROWS}, headers=BATCH_CREATE)
    batch = Batch(
        kind="results",
        at="elements",
        is_good=lambda result: result.get("status") == 201,
        nothing_counts=True,
        code="status",
        words="message",
        codes={**dict.fromkeys(("400", "422"), "rejected"), "*": "retry"},
    )
    stand_in = StandIn(rules=Path(__file__).parent / "sandbox" / "rules.yaml", send_to={"conversion": 1234567})

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One event. LinkedIn matches an email address or its own click, and no phone number."""
        known = {
            "SHA256_EMAIL": None if item.ad_user_data == "denied" else item.email,
            "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID": item.click_ids.get("li_fat_id") or item.cookies.get("li_fat_id"),
        }
        ids = [{"idType": kind, "idValue": text} for kind, text in known.items() if text]
        if not ids:
            return self.unmatched(item, NOT_ELIGIBLE, "NOT_ELIGIBLE")
        value = item.value
        return {
            "conversion": f"{RULE}{item.destination['conversion']}",
            "conversionHappenedAt": int(item.occurred_at.timestamp() * 1000),
            "eventId": item.key,
            "user": {"userIds": ids},
            "conversionValue": value and {"currencyCode": value.currency, "amount": f"{value.amount:.2f}"},
        }
