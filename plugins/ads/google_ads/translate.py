"""Translate conversions to Google's formats, and Google's messages back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.api import JsonObject
from plugins.ads.google_ads.conversion import GoogleConversion
from plugins.ads.google_ads.settings import GoogleAdsSettings


def ads_time(at: datetime) -> str:
    """A time as the Google Ads API writes it: `2026-11-24 15:00:00+00:00`."""
    return at.strftime("%Y-%m-%d %H:%M:%S+00:00")


def rfc3339(at: datetime) -> str:
    """A time as the Data Manager API writes it: `2026-11-24T15:00:00Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def ingest_request(
    conversions: Sequence[GoogleConversion], settings: GoogleAdsSettings, validate_only: bool
) -> dict[str, object]:
    """The body of `events:ingest`: a destination for each conversion action, and the events that refer to them."""
    body: dict[str, object] = {
        "destinations": [_destination(action, settings) for action in dict.fromkeys(c.action for c in conversions)],
        "events": [_event(conversion) for conversion in conversions],
        "encoding": "HEX",
    }
    if validate_only:
        body["validateOnly"] = True
    return body


def _destination(action: str, settings: GoogleAdsSettings) -> dict[str, object]:
    def account(account_id: str) -> dict[str, str]:
        return {"accountType": "GOOGLE_ADS", "accountId": account_id}

    destination: dict[str, object] = {
        "reference": action,
        "operatingAccount": account(settings.customer_id),
        "productDestinationId": action,
    }
    if settings.login_customer_id:
        destination["loginAccount"] = account(settings.login_customer_id)
    if settings.linked_customer_id:
        destination["linkedAccount"] = account(settings.linked_customer_id)
    return destination


EVENT_SOURCES = {"call": "PHONE", "text": "MESSAGE", "form": "WEB"}


def _event(conversion: GoogleConversion) -> JsonObject:
    event: dict[str, object] = {
        "destinationReferences": [conversion.action],
        "transactionId": conversion.order_id,
        "eventTimestamp": rfc3339(conversion.occurred_at),
        "eventSource": EVENT_SOURCES[conversion.contact],
    }
    if conversion.changed_at:
        event["lastUpdatedTimestamp"] = rfc3339(conversion.changed_at)
    if conversion.call_started_at:
        event["callInfo"] = {"startTimestamp": rfc3339(conversion.call_started_at)}
    if conversion.click_ids:
        event["adIdentifiers"] = dict(conversion.click_ids)
    person = {"emailAddress": conversion.hashed_email, "phoneNumber": conversion.hashed_phone}
    identifiers = [{name: text} for name, text in person.items() if text]
    if identifiers:
        event["userData"] = {"userIdentifiers": identifiers}
    if conversion.kind == "retract":
        # The API cannot retract a conversion: a value of zero is the closest it offers.
        event["conversionValue"] = 0.0
    elif conversion.value is not None:
        event["conversionValue"] = conversion.value
    if conversion.currency and "conversionValue" in event:
        event["currency"] = conversion.currency
    consent = {"adUserData": "ad_user_data", "adPersonalization": "ad_personalization"}
    said = {name: f"CONSENT_{conversion.consent[ours]}" for name, ours in consent.items() if ours in conversion.consent}
    if said:
        event["consent"] = said
    return event


def click_row(conversion: GoogleConversion, customer_id: str) -> dict[str, object]:
    """A new conversion as the fields of a Google Ads API `ClickConversion`."""
    row: dict[str, object] = {
        "conversion_action": f"customers/{customer_id}/conversionActions/{conversion.action}",
        "conversion_date_time": ads_time(conversion.occurred_at),
        "order_id": conversion.order_id,
        **conversion.click_ids,
    }
    if conversion.value is not None:
        row |= {"conversion_value": conversion.value, "currency_code": conversion.currency}
    person = {"hashed_email": conversion.hashed_email, "hashed_phone_number": conversion.hashed_phone}
    identifiers = [{name: text} for name, text in person.items() if text]
    if identifiers:
        row["user_identifiers"] = identifiers
    if conversion.consent:
        row["consent"] = dict(conversion.consent)
    return row


def adjustment_row(conversion: GoogleConversion, customer_id: str) -> dict[str, object]:
    """A changed conversion as the fields of a Google Ads API `ConversionAdjustment`, found by its order id."""
    row: dict[str, object] = {
        "conversion_action": f"customers/{customer_id}/conversionActions/{conversion.action}",
        "order_id": conversion.order_id,
        "adjustment_date_time": ads_time(conversion.changed_at or conversion.occurred_at),
        "adjustment_type": "RETRACTION" if conversion.kind == "retract" else "RESTATEMENT",
    }
    if conversion.kind == "restate":
        row["restatement_value"] = {"adjusted_value": conversion.value, "currency_code": conversion.currency}
    return row


def without(secrets: Sequence[str], words: str) -> str:
    """Google's message without personal values that it may repeat, cut to a few lines."""
    for text in secrets:
        words = words.replace(text, "…")
    return " ".join(words.split())[:500]
