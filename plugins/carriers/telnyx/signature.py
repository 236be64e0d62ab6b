"""Telnyx' webhook signatures: Ed25519 over the time and the raw body, made and checked.

Source: developers.telnyx.com, webhook fundamentals. Telnyx does not sign the address; proofs in our
addresses make up for that.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.api import BadSignature, WebhookRequest

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
MAX_AGE_SECONDS = 300
"""Most seconds between a webhook's time and its arrival, either way, as in Telnyx' own libraries."""


def signed_text(timestamp: str, body: bytes) -> bytes:
    """What Telnyx signs: the time in Unix seconds, a bar, and the raw body."""
    return timestamp.encode("ascii") + b"|" + body


def sign(private_key: Ed25519PrivateKey, timestamp: str, body: bytes) -> str:
    """The signature in base64."""
    return base64.b64encode(private_key.sign(signed_text(timestamp, body))).decode()


def verify(request: WebhookRequest, public_key: str) -> None:
    """Raise BadSignature unless Telnyx signed the request with the account's key, at about its arrival time.

    The time is compared with the arrival, not with now, so a stored webhook stays valid.
    """
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp, re.ASCII):
        raise BadSignature("the webhook does not say when it was sent.")
    try:
        signature = base64.b64decode(request.headers.get(SIGNATURE_HEADER, ""), validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    try:
        _key(public_key).verify(signature, signed_text(timestamp, request.body))
    except InvalidSignature:
        raise BadSignature("the webhook is not signed with this account's key; check public_key.") from None
    if abs(request.received_at.timestamp() - int(timestamp)) > MAX_AGE_SECONDS:
        raise BadSignature("the webhook was signed too long before or after its arrival; check the machine's clock.")


@lru_cache(maxsize=64)
def _key(public_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
