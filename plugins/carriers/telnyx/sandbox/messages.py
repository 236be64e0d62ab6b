"""The fake's texts as Telnyx shows them, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hub.api import JsonObject
from plugins.carriers.telnyx.sandbox.account import Account

STOPPING = frozenset({"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
STARTING = frozenset({"START", "UNSTOP"})
UNDELIVERED = {
    "code": "40008",
    "title": "Undeliverable",
    "detail": "The recipient carrier did not accept the message.",
}
STATUSES = {"sent": "sent", "delivered": "delivered", "failed": "delivery_failed"}


def opt_word(body: str) -> str | None:
    """Which list of keywords a received text belongs to."""
    word = " ".join(body.upper().split())
    if word in STOPPING:
        return "STOP"
    return "START" if word in STARTING else "HELP" if word == "HELP" else None


def incoming(
    sandbox: Account, sender: str, receiver: str, body: str, pictures: Sequence[tuple[str, bytes]], word: str | None
) -> JsonObject:
    """A received text."""
    media = [{"url": url, "content_type": "image/png", "size": len(data)} for url, data in pictures]
    return _message(sandbox, "inbound", sender, receiver, body, media) | {
        "autoresponse_type": word,
        "to": [{"phone_number": receiver, "carrier": "Telnyx", "line_type": "Wireless", "status": "webhook_delivered"}],
        "messaging_profile_id": sandbox.profile_id,
    }


def outgoing(sandbox: Account, wanted: JsonObject) -> JsonObject:
    """A text that the hub sent, from its request."""
    media = [{"url": url, "content_type": None, "size": None} for url in wanted.get("media_urls") or ()]
    shown = _message(sandbox, "outbound", wanted.get("from", ""), wanted["to"], wanted.get("text", ""), media)
    return shown | {
        "to": [{"phone_number": wanted["to"], "carrier": "", "line_type": "Wireless", "status": "queued"}],
        "messaging_profile_id": wanted.get("messaging_profile_id", sandbox.profile_id),
        "webhook_url": wanted.get("webhook_url"),
    }


def _message(
    sandbox: Account, direction: str, sender: str, receiver: str, body: str, media: list[dict[str, object]]
) -> JsonObject:
    now = sandbox.stamp(sandbox.clock())
    return {
        "id": sandbox.new_id("message"),
        "record_type": "message",
        "direction": direction,
        "type": "MMS" if media else "SMS",
        "from": {"phone_number": sender, "carrier": "", "line_type": "Wireless"},
        "to": [{"phone_number": receiver}],
        "cc": [],
        "text": body,
        "media": media,
        "errors": [],
        "encoding": "GSM-7" if body.isascii() else "UCS-2",
        "parts": 1,
        "organization_id": sandbox.account_sid,
        "received_at": now,
        "sent_at": None,
        "completed_at": None,
        "cost": None,
        "tags": [],
        "valid_until": None,
        "webhook_url": None,
        "webhook_failover_url": None,
    }


def moved(shown: JsonObject, status: Literal["sent", "delivered", "failed"], at: str) -> JsonObject:
    """The text after its carrier reported the delivery; changed in place."""
    shown["to"][0]["status"] = STATUSES[status]
    shown["sent_at"] = shown["sent_at"] or at
    if status != "sent":
        shown["completed_at"] = at
    shown["errors"] = [UNDELIVERED] if status == "failed" else []
    return shown


def detail_record(shown: JsonObject) -> JsonObject:
    """The message detail record of a text."""
    return {
        "record_type": "message_detail_record",
        "uuid": shown["id"],
        "cli": shown["from"]["phone_number"],
        "cld": shown["to"][0]["phone_number"],
        "direction": shown["direction"],
        "status": "received" if shown["direction"] == "inbound" else "delivered",
        "message_type": shown["type"],
        "created_at": shown["received_at"],
        "sent_at": shown["sent_at"],
    }
