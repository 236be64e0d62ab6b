"""The headers of an event: Standard Webhooks 1.0, or the signature of CallRail's webhooks.

While a rotation lasts, both secrets sign. Standard Webhooks has a place for several signatures. CallRail's receivers know one
header, `Signature`: it keeps the former secret until the rotation ends, and `Signature-New` has the new one.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from hub.store.encryption.webhook_secrets import signature
from hub.webhooks_out.endpoints import CALLRAIL, Secrets

CONTENT = {"Content-Type": "application/json", "User-Agent": "Ringfence"}


def headers_of(form: str, secrets: Secrets, event_id: str, stamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of one request. `event_id` is the same in each try."""
    if form == CALLRAIL:
        signed = callrail_signature(secrets.former or secrets.present, body)
        new = {"Signature-New": callrail_signature(secrets.present, body)} if secrets.former else {}
        return {**CONTENT, "Signature": signed, **new, "webhook-id": event_id}
    known = [each for each in (secrets.present, secrets.former) if each]
    return {
        **CONTENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signature(each, event_id, str(stamp), body) for each in known),
    }


def callrail_signature(key: str, body: bytes) -> str:
    """The HMAC-SHA1 of the body in base64. Source: CallRail's documentation of webhooks, with its example."""
    return base64.b64encode(hmac.new(key.encode(), body, "sha1").digest()).decode()
