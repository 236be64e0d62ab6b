"""Twilio's webhook signatures: HMAC over the address and the sorted form fields, made and checked.

Source: twilio.com/docs/usage/security and its reference validator. The signed text has no separators, so the same bytes
can be cut into other fields; `translate` therefore trusts only fields of the right form and only our own AccountSid.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from hub.api import BadPayload, BadSignature, WebhookRequest
from plugins.carriers.twilio.settings import TwilioSettings

SIGNATURE_HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
BODY_HASH = "bodySHA256"
MAX_WEBHOOK_FIELDS = 1000
"""More than Twilio ever sends. An unsigned request with a flood of tiny fields is refused before it is sorted."""

Field = tuple[bytes, bytes]


def form_fields(body: bytes) -> list[Field]:
    """The form fields of a raw body as bytes, in order, with blank values.

    Raises BadPayload for what Twilio never writes: a field without `=`, an empty one, or more than `MAX_WEBHOOK_FIELDS`.
    """
    if not body:
        return []
    pairs = body.replace(b"+", b" ").split(b"&", MAX_WEBHOOK_FIELDS)
    split = [pair.partition(b"=") for pair in pairs]
    if len(pairs) > MAX_WEBHOOK_FIELDS or [name for name, equals, _ in split if not equals]:
        raise BadPayload("the webhook's body is not a form as Twilio writes it.")
    return [
        (unquote_to_bytes(name) if b"%" in name else name, unquote_to_bytes(value) if b"%" in value else value)
        for name, _, value in split
    ]


def signed_text(url: str, fields: Iterable[Field]) -> bytes:
    """What Twilio signs: the address, then each field's name and value, sorted.

    Twilio's validator drops repeated pairs first. Here they count, so that no one can add a copy of a field.
    """
    return url.encode("utf-8", "surrogatepass") + b"".join(chain.from_iterable(sorted(fields)))


def sign(secret: str, text: bytes, algorithm: str = "sha1") -> str:
    """The signature of `text` in base64; `algorithm` is `sha1` (auth token) or `sha256` (shared key)."""
    return base64.b64encode(hmac.digest(secret.encode(), text, algorithm)).decode()


def signed_fields(request: WebhookRequest) -> list[Field]:
    """The fields that a request's signature covers; empty if it covers a hash of the body. BadPayload if unreadable."""
    return [] if _body_hashes(request) else form_fields(request.body)


def verify(request: WebhookRequest, settings: TwilioSettings) -> list[Field]:
    """The request's signed fields if it is signed with one of our secrets. Raises BadSignature otherwise.

    If the address has a `bodySHA256`, the raw body must have that hash and only the address is signed. In all other
    cases the body's fields are signed. The content type is not signed, so it is ignored.
    """
    secrets, algorithm = _secrets(request, settings)
    claimed = request.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogatepass")
    try:
        fields = signed_fields(request)
    except BadPayload as error:
        raise BadSignature(str(error)) from error
    signed = signed_text("", fields)
    texts = [url.encode("utf-8", "surrogatepass") + signed for url in _addresses(request.url)]
    genuine = any(
        hmac.compare_digest(sign(secret, text, algorithm).encode(), claimed) for secret in secrets for text in texts
    )
    if not genuine or not _whole(request):
        raise BadSignature("the webhook is not signed with this account's secret; check auth_token and public_url.")
    return fields


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


@lru_cache(maxsize=1024)
def _addresses(url: str) -> tuple[str, ...]:
    """The address with and without its port: Twilio may sign either."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return (url,)
    start = url.find("://") + 3
    host, rest = url[start : start + len(parts.netloc)], url[start + len(parts.netloc) :]
    other = re.sub(r":\d*$", "", host) if port else f"{host}:{443 if parts.scheme == 'https' else 80}"
    return (url, f"{url[:start]}{other}{rest}")
