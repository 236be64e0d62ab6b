"""Webhooks that look like a carrier's and are not, for the carrier suite."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

from hub.contracts.manifest import Webhooks
from hub.contracts.webhooks import WebhookRequest


def forgeries(request: WebhookRequest, declared: Webhooks) -> Iterable[WebhookRequest]:
    """The same webhook without its signature, and with one thing changed."""
    yield replace(request, headers={"content-type": request.headers.get("content-type", "")})
    yield replace(request, headers={})
    if not declared.signs_body:
        header = declared.signature_header
        yield replace(request, headers={**request.headers, header: _with_another_password(request.headers[header])})
        yield replace(request, url=request.url.partition("?")[0])
        yield replace(request, url=request.url[:-1] + ("A" if request.url[-1] != "A" else "B"))
    elif request.body:
        middle = len(request.body) // 2
        flipped = bytes([request.body[middle] ^ 1])
        yield replace(request, body=request.body[:middle] + flipped + request.body[middle + 1 :])
        yield replace(request, body=request.body + b"&CallStatus=completed")
        yield replace(request, body=request.body[:-1])
    else:
        yield replace(request, url=request.url + ("&" if "?" in request.url else "?") + "CallStatus=completed")


def _with_another_password(basic: str) -> str:
    """The same user with another password of the same length, as HTTP Basic."""
    user, _, password = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
    return f"Basic {base64.b64encode(f'{user}:{password[::-1]}'.encode()).decode()}"
