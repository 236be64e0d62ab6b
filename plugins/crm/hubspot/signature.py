"""HubSpot's webhook signature, version 3 (source: HubSpot's guide to validating requests)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from datetime import datetime

from hub.api import BadPayload, BadSignature, JsonObject, WebhookRequest
from plugins.crm.hubspot.translate import milliseconds

MAX_AGE_MILLISECONDS = 300_000
"""Most milliseconds that a request may be old, or ahead of our clock."""
DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
"""The only escapes that HubSpot decodes in the address before it signs."""


def signature(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """The value of X-HubSpot-Signature-v3."""
    signed = method.encode() + decoded(url).encode(errors="replace") + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def decoded(url: str) -> str:
    """The address with HubSpot's list of escapes decoded in one pass from left to right."""
    return re.sub("|".join(DECODED), lambda match: DECODED[match[0].upper()], url, flags=re.IGNORECASE)


def verify(request: WebhookRequest, secrets: Iterable[str], now: datetime) -> None:
    """Raise `BadSignature` unless one of `secrets` signed this request within five minutes of `now`, either way."""
    given = request.headers.get("x-hubspot-signature-v3", "")
    timestamp = request.headers.get("x-hubspot-request-timestamp", "")
    fresh = (
        bool(re.fullmatch(r"[0-9]{1,15}", timestamp))
        and abs(milliseconds(now) - int(timestamp)) <= MAX_AGE_MILLISECONDS
    )
    wanted = [signature(secret, request.method, request.url, request.body, timestamp) for secret in secrets]
    genuine = [hmac.compare_digest(one.encode(), given.encode(errors="replace")) for one in wanted]
    if not (fresh and any(genuine)):
        raise BadSignature("This request is not signed by HubSpot, or not within five minutes.")


def event_key(body: bytes) -> str:
    """The name of a delivery: HubSpot's events without the attempt counter, or the raw bytes if they are not events."""
    try:
        entries: object = [{name: event[name] for name in event if name != "attemptNumber"} for event in events(body)]
        signed = json.dumps(entries, sort_keys=True).encode()
    except BadPayload:
        signed = body
    return hashlib.sha256(signed).hexdigest()


def events(body: bytes) -> list[JsonObject]:
    """The events of a webhook: a JSON array of objects that each name a subscription. Raises `BadPayload` otherwise."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, list) or not all(isinstance(one, dict) and _named(one) for one in content):
        raise BadPayload("HubSpot's webhook is not a list of events.")
    return content


def _named(event: dict[str, object]) -> bool:
    return isinstance(event.get("subscriptionType") or event.get("eventType") or event.get("eventTypeId"), str)
