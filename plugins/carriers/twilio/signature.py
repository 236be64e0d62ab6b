"""Twilio's webhook signatures, checked: with the auth token, or with a shared key, over a form or over a hash of the body.

Source: twilio.com/docs/usage/security and its reference validator.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs

from hub.api import BadPayload, BadSignature, WebhookRequest
from hub.api.twiml import FormField, form_fields, is_signed, signed_text
from plugins.carriers.twilio.settings import TwilioSettings

SIGNATURE_HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
BODY_HASH = "bodySHA256"


def signed_fields(request: WebhookRequest) -> list[FormField]:
    """The fields that a request's signature covers; empty if it covers a hash of the body. BadPayload if unreadable."""
    return [] if _body_hashes(request) else form_fields(request.body)


def verify(request: WebhookRequest, settings: TwilioSettings) -> bytes:
    """What Twilio signed, if the request is signed with one of our secrets. Raises BadSignature otherwise.

    If the address has a `bodySHA256`, the raw body must have that hash and only the address is signed. In all other
    cases the body's fields are signed. The content type is not signed, so it is ignored.
    """
    secrets, algorithm = _secrets(request, settings)
    try:
        fields = signed_fields(request)
    except BadPayload as error:
        raise BadSignature(str(error)) from error
    claimed = request.headers.get(SIGNATURE_HEADER, "")
    if not is_signed(request.url, fields, claimed, secrets, algorithm) or not _whole(request):
        raise BadSignature("the webhook is not signed with this account's secret; check auth_token and public_url.")
    return signed_text(request.url, fields)


def _whole(request: WebhookRequest) -> bool:
    hashes = _body_hashes(request)
    if not hashes:
        return True
    body_hash = hashlib.sha256(request.body).hexdigest().encode()
    return len(hashes) == 1 and hmac.compare_digest(body_hash, hashes[0].lower().encode("utf-8", "surrogatepass"))


def _secrets(request: WebhookRequest, settings: TwilioSettings) -> tuple[list[str], str]:
    """The secrets that may have signed, and the algorithm. The header only selects a configured key."""
    header = request.headers.get(SETTINGS_HEADER)
    if header is None:
        if settings.shared_keys and settings.require_shared_key:
            raise BadSignature("the webhook is not signed with a shared key, which this connector requires.")
        tokens = [settings.auth_token, settings.previous_auth_token]
        return [token.get_secret_value() for token in tokens if token is not None], "sha1"
    parts = [part.partition("=") for part in header.split(",")]
    named = {name.strip(): value.strip() for name, _, value in parts}
    key = settings.shared_keys.get(named.get("key", ""))
    if len(named) != len(parts) or key is None or named.get("algorithm", "").upper() != "HMAC_SHA256":
        raise BadSignature("the webhook names a shared key or algorithm that this connector does not have.")
    return [key.get_secret_value()], "sha256"


def _body_hashes(request: WebhookRequest) -> list[str]:
    if BODY_HASH not in request.url:
        return []
    try:
        return parse_qs(request.query, keep_blank_values=True).get(BODY_HASH, [])
    except ValueError:
        return []
