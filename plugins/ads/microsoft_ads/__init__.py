"""Microsoft Advertising: conversions through the UET Conversions API, or as offline conversions of Campaign Management."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.api import (
    ApiVersion,
    Auth,
    AuthError,
    ConnectionReport,
    Conversion,
    JsonObject,
    Limits,
    Manifest,
    Provider,
    Receipt,
    Recipient,
    Refusal,
    RetryLater,
    RingfenceError,
    Share,
    Transform,
    hookimpl,
    value_at,
)
from hub.api.ads import Call, ClickId, Cost, Days, JsonAds, StandIn
from hub.api.oauth import AccountList, DestinationChoice, OAuthGrant, SignIn
from plugins.ads.microsoft_ads.accounts import ASKS, SCOPES, destinations, reachable, web_sign_in
from plugins.ads.microsoft_ads.calls import (
    ADJUST_OFFLINE,
    ADJUST_ONLINE,
    CHECK,
    GOALS,
    OFFLINE,
    PARTIAL_ERRORS,
    UET,
)
from plugins.ads.microsoft_ads.costs import pull_costs
from plugins.ads.microsoft_ads.settings import MicrosoftAdsDestination, MicrosoftAdsSettings

UET_AGE, CLICK_AGE = timedelta(days=7), timedelta(hours=1)
NO_YES = (
    "Not matched: without a click, Microsoft Advertising may know this caller only by what they let you use for ads."
)
NO_VALUE = "A changed conversion needs its new value."
CALLS = {"uet": UET, "online": ADJUST_ONLINE, "offline": OFFLINE, "adjust": ADJUST_OFFLINE}


def _email(text: str) -> str | None:
    """Without dots and `+alias` of the local part, for every host. Source: UET Conversions API, "userData"."""
    name, at, host = "".join(text.split()).lower().partition("@")
    plain = f"{name.partition('+')[0].replace('.', '')}{at}{host}"
    return hashlib.sha256(plain.encode()).hexdigest() if at else None


EMAIL = Transform(
    name="sha256_microsoft_email",
    function=_email,
    example=("Pat.Doe+ads@example.com", hashlib.sha256(b"patdoe@example.com").hexdigest()),
)


def _details(refusal: Refusal) -> tuple[str | None, str]:
    """The code and words of either API's refusal."""
    for path in ("error", "OperationErrors.0", "BatchErrors.0", "Errors.0"):
        error = value_at(refusal.body, path)
        if isinstance(error, Mapping):
            code = next((error[name] for name in ("ErrorCode", "Code", "code") if error.get(name) is not None), None)
            return None if code is None else str(code), str(error.get("Message") or error.get("message") or "")
    return None, ""


FIRST = ("api", "tag_id", "uet_token", "client_id", "developer_token")
"""A tag's token does without a sign-in; the account that is chosen after one needs the developer token."""


class MicrosoftAds(JsonAds):
    """One UET tag or one ad account. Both APIs refuse row by row and name the row by its index."""

    Settings, Destination = MicrosoftAdsSettings, MicrosoftAdsDestination
    manifest = Manifest(
        name="microsoft_ads",
        kind="ads",
        version="0.1.0",
        title="Microsoft Advertising",
        summary="Reports to Microsoft Advertising which clicks on Bing ads became calls and sales.",
        recipient=Recipient(
            name="Microsoft Corporation",
            privacy_url="https://privacy.microsoft.com/privacystatement",
            opt_out_url="https://account.microsoft.com/privacy/ad-settings",
            postal_address="One Microsoft Way, Redmond, WA 98052, USA",
        ),
        regions=("US",),
        hosts=(
            "capi.uet.microsoft.com", "campaign.api.bingads.microsoft.com", "clientcenter.api.bingads.microsoft.com",
            "reporting.api.bingads.microsoft.com", "login.microsoftonline.com", "*.blob.core.windows.net",
        ),
        shares=(
            Share(field="clicked_at", keys=("msclkid",)),
            Share(field="phone_number", transform="sha256_e164"),
            Share(field="email", transform=EMAIL),
        ),
        click_ids=(ClickId(parameter="msclkid", source="bing", medium="cpc"),),
        auth=Auth(kind="oauth2", scopes=SCOPES, asks=ASKS, first=FIRST, keys_url="https://developers.ads.microsoft.com/Account"),
        limits=Limits(per_request=1000, max_age=timedelta(days=90)),
        abilities=("restate", "retract"),
        versions=(ApiVersion(name="v13", api="Campaign Management"), ApiVersion(name="v1", api="UET Conversions")),
    )  # fmt: skip
    provider = Provider(
        name="Microsoft Advertising",
        remedy="reconnect this account, or put a valid uet_token into config.yaml",
        details=_details,
        codes={
            **dict.fromkeys(
                ("InvalidCredentials", "UserIsNotAuthorized", "AuthenticationTokenExpired", "105", "106", "109"),
                AuthError,
            ),
            **dict.fromkeys(
                (
                    "CallRateExceeded",
                    "ConcurrentRequestOverLimit",
                    "InternalError",
                    "*ApplyFailed",
                    "0",
                    "117",
                    "207",
                    "5612",
                ),
                RetryLater,
            ),
        },
    )
    headers: Mapping[str, str] = {}
    upload, others, batch = UET, (ADJUST_ONLINE, OFFLINE, ADJUST_OFFLINE), PARTIAL_ERRORS
    check = GOALS
    stand_in = StandIn(
        rules=Path(__file__).parent / "sandbox" / "rules.yaml",
        settings={
            "tag_id": "12345678", "uet_token": "sandbox-tag-token", "developer_token": "sandbox-developer-token",
            "client_id": "sandbox-client", "client_secret": "sandbox-client-secret",
            "refresh_token": "sandbox-refresh-token", "customer_id": "1001", "account_id": "2002",
        },
        send_to={"goal": "Qualified call", "event": "lead"},
        key="eventId",
        value="customData.value",
        currency="customData.currency",
    )  # fmt: skip

    def oauth(self) -> OAuthGrant:
        """Microsoft gives a new refresh token each time; the token store keeps the newest."""
        settings = self.settings
        secret, refresh = settings.client_secret, settings.refresh_token
        return OAuthGrant(
            provider=self.provider,
            token_url=settings.token_url,
            client_id=settings.client_id or "",
            client_secret=secret.get_secret_value() if secret else "",
            refresh_token=refresh.get_secret_value() if refresh else "",
            identity=(settings.client_id or "", settings.account_id or ""),
        )

    def group(self, item: Conversion) -> Mapping[str, str]:
        """Which of the four requests an item goes with."""
        if self.settings.api == "uet":
            return {"request": "uet" if item.kind == "new" else "online"}
        return {"request": "offline" if item.kind == "new" else "adjust"}

    def call(self, group: Mapping[str, str], dry_run: bool) -> Call | None:
        """The request of the group; neither API checks without counting."""
        return None if dry_run else CALLS[group["request"]]

    def row(self, item: Conversion) -> JsonObject | Receipt:
        """One row of its request, or why there is none."""
        request = self.group(item)["request"]
        click = item.click_ids.get("msclkid")
        may_match = item.ad_user_data == "granted" if request == "uet" else item.ad_user_data != "denied"
        person = {"ph": item.phone_number, "em": item.email} if may_match else {}
        known = {name: text for name, text in {"msclkid": click, **person}.items() if text}
        if request != "online" and not known:
            return self.unmatched(item, "" if may_match else NO_YES)
        if item.kind == "restate" and item.value is None:
            return Receipt(key=item.key, status="rejected", code="AdjustmentValueRequired", reason=NO_VALUE)
        if request == "online" and not self.settings.account_id:
            reason = "To change or take back a conversion, sign in to the ad account on the page of connectors."
            return Receipt(key=item.key, status="rejected", code="NOT_SIGNED_IN", reason=reason)
        if request == "uet":
            return self._event(item, known)
        if request == "online":
            return {"ConversionName": item.destination["goal"], "TransactionId": item.key, **_adjustment(item)}
        return self._offline(item, known)

    def _event(self, item: Conversion, known: Mapping[str, str]) -> JsonObject | Receipt:
        """An event of the UET Conversions API, which takes one without `adStorageConsent` as granted. Source: "Conversions
        API (CAPI)", "Consent signals"."""
        if self.services.clock() - item.occurred_at > UET_AGE:
            reason = "The UET Conversions API takes events for 7 days; with api: offline, 90 days."
            return Receipt(key=item.key, status="rejected", code="EventTooOld", reason=reason)
        return {
            "eventType": "custom",
            "eventName": item.destination["event"],
            "eventId": item.key,
            "eventTime": int(item.occurred_at.timestamp()),
            "adStorageConsent": "G" if item.ad_user_data == "granted" else "D",
            "userData": dict(known),
            "customData": {
                "transactionId": item.key,
                "eventCategory": item.contact,
                "value": item.amount,
                "currency": item.currency,
            },
        }

    def _offline(self, item: Conversion, known: Mapping[str, str]) -> dict[str, object] | Receipt:
        """An offline conversion or its adjustment, found by click or person, name and time."""
        clicked_at = item.clicked_at.get("msclkid")
        wait = clicked_at + CLICK_AGE - self.services.clock() if clicked_at else timedelta()
        if wait > timedelta():
            reason = "Microsoft takes a conversion one hour after its click."
            return Receipt(key=item.key, status="retry", reason=reason, retry_after=wait.total_seconds())
        names = {"msclkid": "MicrosoftClickId", "ph": "HashedPhoneNumber", "em": "HashedEmailAddress"}
        row: dict[str, object] = {
            "ConversionName": item.destination["goal"],
            "ConversionTime": _time(item.occurred_at),
            **{names[name]: text for name, text in known.items()},
        }
        if item.kind != "new":
            return {**row, **_adjustment(item)}
        return {
            **row,
            "ConversionValue": item.amount,
            "ConversionCurrencyCode": item.currency,
        }

    def sign_in(self) -> SignIn | None:
        return web_sign_in(self.settings)

    @classmethod
    def needs_sign_in(cls, settings: Any) -> bool:
        return bool(settings.client_id) and settings.refresh_token is None

    @hookimpl
    def list_accounts(self) -> AccountList:
        """The ad accounts of the person who signed in."""
        return reachable(self)

    @hookimpl
    def list_destinations(self) -> Sequence[DestinationChoice]:
        """The account's conversion goals."""
        return destinations(self)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """An empty upload shows whether the tag's token is good; the list of goals does it for the ad account."""
        try:
            if self.settings.api == "uet":
                self.request(CHECK, {}, ())
            if self.settings.api == "offline" or self.settings.account_id:
                self.read(self.request(GOALS, {}, ()))
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="Microsoft Advertising accepts these credentials.")

    @hookimpl
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        """What the account's ad groups cost on each day."""
        return pull_costs(self, days)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _adjustment(item: Conversion) -> dict[str, object]:
    at = _time(item.changed_at or item.occurred_at)
    if item.value is None or item.kind == "retract":
        return {"AdjustmentType": "Retract", "AdjustmentTime": at}
    value = {"AdjustmentValue": float(item.value.amount), "AdjustmentCurrencyCode": item.value.currency}
    return {"AdjustmentType": "Restate", "AdjustmentTime": at, **value}
