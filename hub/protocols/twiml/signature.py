"""The forms that carriers which speak TwiML post, and Twilio's signature over them, which other carriers adopted.

Source: twilio.com/docs/usage/security and its reference validator. The signed text has no separators, so the same bytes can be
cut into other fields; readers therefore trust only fields of the right form and only our own account.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload

MAX_WEBHOOK_FIELDS = 1000
"""More than a carrier ever sends. An unsigned request with a flood of tiny fields is refused before it is sorted."""

Field = tuple[bytes, bytes]
"""Name and value of a form's field, as they came."""


def form_fields(body: bytes) -> list[Field]:
    """The form fields of a raw body as bytes, in order, with blank values.

    Raises BadPayload for what no carrier writes: a field without `=`, an empty one, or more than `MAX_WEBHOOK_FIELDS`.
    """
    return list(_form_fields(body))


@lru_cache(maxsize=4)  # a webhook's form is read to check its signature, and again for its content
def _form_fields(body: bytes) -> tuple[Field, ...]:
    if not body:
        return ()
    pairs = body.replace(b"+", b" ").split(b"&", MAX_WEBHOOK_FIELDS)
    split = [pair.partition(b"=") for pair in pairs]
    if len(pairs) > MAX_WEBHOOK_FIELDS or [name for name, equals, _ in split if not equals]:
        raise BadPayload("the webhook's body is not a form as carriers write it.")
    return tuple(
        (unquote_to_bytes(name) if b"%" in name else name, unquote_to_bytes(value) if b"%" in value else value)
        for name, _, value in split
    )


def signed_text(url: str, fields: Iterable[Field]) -> bytes:
    """What Twilio signs: the address, then each field's name and value, sorted.

    Twilio's validator drops repeated pairs first. Here they count, so that no one can add a copy of a field.
    """
    return url.encode("utf-8", "surrogatepass") + b"".join(chain.from_iterable(sorted(fields)))


def sign_form(secret: str, text: bytes, algorithm: str = "sha1") -> str:
    """The signature of `text` in base64; `algorithm` is `sha1` or `sha256`."""
    return base64.b64encode(hmac.digest(secret.encode(), text, algorithm)).decode()


def is_signed(
    url: str, fields: Iterable[Field], signature: str, secrets: Iterable[str], algorithm: str = "sha1"
) -> bool:
    """Whether `signature` is that of a form that was sent to `url`, with one of the secrets."""
    claimed, signed = signature.encode("utf-8", "surrogatepass"), signed_text("", fields)
    texts = [address.encode("utf-8", "surrogatepass") + signed for address in _addresses(url)]
    return any(
        hmac.compare_digest(sign_form(secret, text, algorithm).encode(), claimed)
        for secret in secrets
        for text in texts
    )


@lru_cache(maxsize=1024)
def _addresses(url: str) -> tuple[str, ...]:
    """The address with and without its port: a carrier may sign either."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return (url,)
    start = url.find("://") + 3
    host, rest = url[start : start + len(parts.netloc)], url[start + len(parts.netloc) :]
    other = re.sub(r":\d*$", "", host) if port else f"{host}:{443 if parts.scheme == 'https' else 80}"
    return (url, f"{url[:start]}{other}{rest}")


def signed_form(url: str, fields: Mapping[str, str], at: datetime, header: str, secret: str) -> WebhookRequest:
    """A webhook as a carrier posts it, with its signature in `header`; for stand-ins."""
    body = urlencode(fields).encode()
    signature = sign_form(secret, signed_text(url, form_fields(body)))
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8", header: signature}
    return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)
