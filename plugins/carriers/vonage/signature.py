"""Vonage's webhook tokens (JWT with HS256), checked.

The token signs the body, not the address; proofs in our addresses make up for that.
Source: developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks. Vonage's own Python library checks
neither the body's hash nor the age.
"""

from __future__ import annotations

import hashlib
import hmac

from hub.api import BadSignature, WebhookRequest
from hub.api.oauth import secret_claims
from plugins.carriers.vonage.settings import VonageSettings

SIGNATURE_HEADER = "authorization"
MAX_AGE_SECONDS = 24 * 3600
"""Most seconds between a token's time and its arrival, either way. Vonage asks for no window, and may repeat a webhook
hours later; the key of the event, which is kept for ever, is what stores a repetition one time only."""


def verify(request: WebhookRequest, settings: VonageSettings) -> None:
    """Raise BadSignature unless Vonage sent the request for our application, at about its arrival time.

    The time is compared with the arrival, not with now, so a stored webhook stays valid. Only a request that has no body
    (GET) has no hash of it.
    """
    scheme, _, token = request.headers.get(SIGNATURE_HEADER, "").partition(" ")
    claims = secret_claims(token, settings.signature_secrets()) if scheme.lower() == "bearer" else None
    if claims is None:
        raise BadSignature("the webhook is not signed with this account's signature secret; check signature_secret.")
    ours = {"api_key": settings.api_key.get_secret_value(), "application_id": settings.application_id}
    if not all(_equal(claims.get(name), value) for name, value in ours.items()):
        raise BadSignature("the webhook is of another account or application; check api_key and application_id.")
    body_hash = hashlib.sha256(request.body).hexdigest()
    if (request.method != "GET" or request.body) and not _equal(claims.get("payload_hash"), body_hash):
        raise BadSignature("the webhook's body is not the one that Vonage signed.")
    made, arrived = claims.get("iat"), request.received_at.timestamp()
    if not isinstance(made, int) or isinstance(made, bool) or abs(arrived - made) >= MAX_AGE_SECONDS:
        raise BadSignature("the webhook was signed too long before or after its arrival; check the machine's clock.")


def _equal(claimed: object, wanted: str) -> bool:
    text = claimed if isinstance(claimed, str) else ""
    return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), wanted.encode())
