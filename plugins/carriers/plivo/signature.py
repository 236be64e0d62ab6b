"""Plivo's webhook signatures, made and checked: V3 over the address and all fields; V2, of texts, over the address alone.

Source: plivo.com/docs/voice/concepts/signature-validation, /docs/messaging/concepts/signature-validation, and Plivo's
own validator, `plivo.utils.signature_v3`. While an account has several auth tokens, the header has a signature of each.

The signed text has no separators between fields, and writes the query without its encoding. So a reader trusts a query only
if we made it (its proof), and only fields of the right form; a nonce has no dot, so that no field's end can move into it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

from hub.api import BadPayload, BadSignature, WebhookRequest
from hub.api.twiml import FormField, form_fields, sign_form, signed_text

V3, V3_NONCE = "x-plivo-signature-v3", "x-plivo-signature-v3-nonce"
V2, V2_NONCE = "x-plivo-signature-v2", "x-plivo-signature-v2-nonce"
NONCE = re.compile(r"[A-Za-z0-9_-]{1,100}")
MAX_SIGNATURES = 10
TEXT_PATHS = frozenset({"message", "text"})
"""The paths of webhooks about texts."""


def fields_of(request: WebhookRequest) -> list[FormField]:
    """The fields that a webhook brings: those of the body, or of a GET's query. BadPayload if unreadable."""
    return form_fields(request.query.encode("utf-8", "surrogatepass") if request.method == "GET" else request.body)


def is_text_only(request: WebhookRequest) -> bool:
    """Whether only the older signature is there, which Plivo documents for texts and which does not cover the fields."""
    return V3 not in request.headers and request.path in TEXT_PATHS


def text_v3(method: str, url: str, fields: Iterable[FormField], nonce: str) -> bytes:
    """What a V3 signature covers: the address, the sorted query, the sorted fields of a POST, the nonce."""
    base, _, query = url.partition("?")
    pairs = sorted(form_fields(query.encode("utf-8", "surrogatepass")))
    request = b"&".join(name + b"=" + value for name, value in pairs)
    posted = signed_text("", fields) if method != "GET" else b""
    # As Plivo writes it: a question mark before the fields even without a query, a dot only after one.
    mark, dot = b"?" if request or posted else b"", b"." if request and posted else b""
    return base.encode("utf-8", "surrogatepass") + mark + request + dot + posted + f".{nonce}".encode()


def text_v2(url: str, nonce: str) -> bytes:
    """What a V2 signature covers: the address without its query, and the nonce."""
    return f"{url.partition('?')[0]}{nonce}".encode("utf-8", "surrogatepass")


def verify(request: WebhookRequest, tokens: Iterable[str]) -> bytes:
    """The text that Plivo signed of a request, if it did with one of the auth tokens. Raises BadSignature otherwise."""
    older = is_text_only(request)
    claimed, nonce = request.headers.get(V2 if older else V3, ""), nonce_of(request)
    if not NONCE.fullmatch(nonce):
        raise BadSignature("the webhook has no nonce as Plivo sends it.")
    try:
        text = text_v2(request.url, nonce) if older else text_v3(request.method, request.url, fields_of(request), nonce)
    except BadPayload as error:
        raise BadSignature(str(error)) from error
    good = [sign_form(token, text, "sha256").encode() for token in tokens]
    signatures = [one.strip().encode("utf-8", "surrogatepass") for one in claimed.split(",", MAX_SIGNATURES)]
    if not any(hmac.compare_digest(ours, theirs) for ours in good for theirs in signatures):
        raise BadSignature("the webhook is not signed with this account's auth token; check auth_token and public_url.")
    return text


def nonce_of(request: WebhookRequest) -> str:
    """The nonce that a webhook's signature covers; blank if it has none."""
    return request.headers.get(V2_NONCE if is_text_only(request) else V3_NONCE, "")
