"""Vonage's webhook tokens (JWT with HS256), made and checked, and the caller's number in our own addresses.

The token signs the body, not the address; proofs in our addresses make up for that.
Source: developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks. Vonage's own Python library checks
neither the body's hash nor the age.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from hub.api import BadSignature, WebhookRequest, phone_number
from plugins.carriers.vonage.settings import VonageSettings

SIGNATURE_HEADER = "authorization"
MAX_AGE_SECONDS = 300
"""Most seconds between a token's time and its arrival, either way."""
NONCE_BYTES = 12


def sign(secret: str, claims: Mapping[str, Any]) -> str:
    """The value of the header of a webhook with these claims."""
    from joserfc import jwt

    return f"Bearer {jwt.encode({'alg': 'HS256', 'typ': 'JWT'}, dict(claims), _key(secret))}"


def verify(request: WebhookRequest, settings: VonageSettings) -> None:
    """Raise BadSignature unless Vonage sent the request for our application, at about its arrival time.

    The time is compared with the arrival, not with now, so a stored webhook stays valid. Only a request that has no body
    (GET) has no hash of it.
    """
    scheme, _, token = request.headers.get(SIGNATURE_HEADER, "").partition(" ")
    claims = _claims(token, settings.signature_secrets()) if scheme.lower() == "bearer" else None
    if claims is None:
        raise BadSignature("the webhook is not signed with this account's signature secret; check signature_secret.")
    ours = {"api_key": settings.api_key.get_secret_value(), "application_id": settings.application_id}
    if not all(_equal(claims.get(name), value) for name, value in ours.items()):
        raise BadSignature("the webhook is of another account or application; check api_key and application_id.")
    body_hash = hashlib.sha256(request.body).hexdigest()
    if (request.method != "GET" or request.body) and not _equal(claims.get("payload_hash"), body_hash):
        raise BadSignature("the webhook's body is not the one that Vonage signed.")
    if not _is_timely(claims, request.received_at.timestamp()):
        raise BadSignature("the webhook was signed too long before or after its arrival; check the machine's clock.")


def _claims(token: str, secrets: Sequence[str]) -> dict[str, Any] | None:
    from joserfc import jwt
    from joserfc.errors import JoseError

    for secret in secrets:
        try:
            return dict(jwt.decode(token, _key(secret), algorithms=["HS256"]).claims)
        except (JoseError, ValueError, TypeError):
            continue
    return None


def _equal(claimed: object, wanted: str) -> bool:
    text = claimed if isinstance(claimed, str) else ""
    return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), wanted.encode())


def _is_timely(claims: Mapping[str, Any], arrived: float) -> bool:
    made = claims.get("iat")
    return isinstance(made, int) and not isinstance(made, bool) and abs(arrived - made) <= MAX_AGE_SECONDS


@lru_cache(maxsize=16)
def _key(secret: str) -> Any:
    from joserfc.jwk import OctKey

    return OctKey.import_key(secret)


class SealedCallers:
    """Carries the caller's number in our addresses, unreadable for logs: no later webhook of Vonage's names the caller."""

    def __init__(self, secret: str) -> None:
        self._secret = hmac.digest(secret.encode(), b"callers in addresses", "sha256")

    def sealed(self, call_id: str, caller: str | None) -> str:
        """The call's id, followed by the sealed number of its caller."""
        if not call_id or not caller:
            return call_id
        nonce = os.urandom(NONCE_BYTES)
        closed = nonce + self._cipher().encrypt(nonce, caller.encode(), call_id.encode())
        return f"{call_id}.{base64.urlsafe_b64encode(closed).decode()}"

    def opened(self, sealed: str) -> tuple[str, str | None]:
        """The call's id and its caller; None if the caller hides, or if the number was sealed with another secret."""
        from cryptography.exceptions import InvalidTag

        call_id, _, closed = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(closed)
            return call_id, phone_number(
                self._cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], call_id.encode()).decode()
            )
        except (InvalidTag, ValueError):
            return call_id, None

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._secret)
