"""The fake's calls, recordings and texts: the fields of Twilio's webhooks and of its API's resources.

Source: twilio.com/docs/voice/api/call-resource, /recording and /docs/messaging/api/message-resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

PARTS_OF_A_CALL = (
    "events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions",
    "user_defined_message_subscriptions", "user_defined_messages",
)  # fmt: skip
API_VERSION = "2010-04-01"


def at_twilio(moment: datetime) -> str:
    """A time as Twilio writes it (RFC 2822, whole seconds)."""
    return format_datetime(moment.replace(microsecond=0))


def party_fields(sender: str, receiver: str) -> dict[str, str]:
    """The fields about the two parties that calls and texts share; Twilio sends unknown ones blank."""
    fields = {"From": sender, "To": receiver}
    for party in ("From", "To"):
        fields |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": "", f"{party}Country": "US"}
    return fields


def call(
    account_sid: str,
    sid: str,
    sender: str,
    receiver: str,
    start: datetime,
    *,
    parent: str | None = None,
) -> dict[str, Any]:
    """A leg that has just begun, as the API shows it; `ended` finishes it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{sid}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "parent_call_sid": parent,
        "phone_number_sid": None,
        "from": sender,
        "from_formatted": sender,
        "to": receiver,
        "to_formatted": receiver,
        "status": "ringing",
        "direction": "outbound-dial" if parent else "inbound",
        "date_created": at_twilio(start),
        "date_updated": at_twilio(start),
        "start_time": at_twilio(start),
        "end_time": None,
        "duration": None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {name: f"{uri}/{name.title().replace('_', '')}.json" for name in PARTS_OF_A_CALL},
    }


def ended(leg: dict[str, Any], status: str, end: datetime, duration: int) -> None:
    """Finish a leg."""
    leg |= {
        "status": status,
        "end_time": at_twilio(end),
        "date_updated": at_twilio(end),
        "duration": str(duration),
    }


def recording(
    account_sid: str, sid: str, call_sid: str, start: datetime, *, source: str, channels: int, url: str
) -> dict[str, Any]:
    """A recording that has just begun, as the API shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Recordings/{sid}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "call_sid": call_sid,
        "conference_sid": None,
        "api_version": API_VERSION,
        "date_created": at_twilio(start),
        "date_updated": at_twilio(start),
        "start_time": at_twilio(start),
        "duration": "-1",
        "price": None,
        "price_unit": "USD",
        "status": "in-progress",
        "channels": channels,
        "source": source,
        "error_code": None,
        "encryption_details": None,
        "media_url": url,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "add_on_results": f"{uri}/AddOnResults.json",
            "transcriptions": f"{uri}/Transcriptions.json",
        },
    }


def text(
    account_sid: str,
    sid: str,
    sender: str,
    receiver: str,
    body: str,
    at: datetime,
    *,
    status: str,
    direction: str,
    media: int = 0,
) -> dict[str, Any]:
    """A text, as the API shows it."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{sid}"
    return {
        "sid": sid,
        "account_sid": account_sid,
        "messaging_service_sid": None,
        "api_version": API_VERSION,
        "from": sender,
        "to": receiver,
        "body": body,
        "status": status,
        "direction": direction,
        "num_media": str(media),
        "num_segments": "1",
        "date_created": at_twilio(at),
        "date_sent": at_twilio(at) if direction == "inbound" else None,
        "date_updated": at_twilio(at),
        "error_code": None,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def text_fields(shown: Mapping[str, Any], status: str) -> dict[str, str]:
    """The fields that every webhook about a text has."""
    sid = str(shown["sid"])
    return party_fields(str(shown["from"]), str(shown["to"])) | {
        "AccountSid": str(shown["account_sid"]),
        "ApiVersion": API_VERSION,
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": status,
    }
