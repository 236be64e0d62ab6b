"""The fake's errors, pages and request bodies, in Telnyx' formats."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.sandbox import Operations

ERRORS: Mapping[str, tuple[int, str, str]] = {
    "10002": (422, "Invalid phone number", "The phone number is not in E.164."),
    "10003": (422, "Invalid URL", "The URL is not valid."),
    "10004": (422, "Missing required parameter", "A required parameter is missing."),
    "10005": (404, "Resource not found", "The requested resource or URL could not be found."),
    "10009": (401, "Authentication failed", "No key found matching the ID with the provided secret."),
    "10010": (
        403,
        "Authorization failed",
        "You do not have permission to perform the requested action on the specified resource or resources.",
    ),
    "10014": (415, "Unsupported Media Type", "The server does not support the media type of the request."),
    "10015": (400, "Bad Request", "The request is not well formed."),
    "10032": (422, "Invalid enumerated value", "The value is not one of those that are allowed."),
    "10011": (429, "Too many requests", "You have exceeded the maximum number of allowed requests."),
    "40300": (
        409,
        "Blocked due to STOP message",
        "Messages cannot be sent from {src} to {dst} due to an existing block rule.",
    ),
}
"""Telnyx' error codes: HTTP status, title and detail. Source: developers.telnyx.com, API and messaging error codes."""


class TelnyxError(Exception):
    """An error of Telnyx', by its code."""

    def __init__(self, code: str, headers: Mapping[str, str] | None = None, **words: str) -> None:
        super().__init__(code)
        self.code, self.headers, self.words = code, headers, words

    def response(self) -> Response:
        """The error in Telnyx' format."""
        status, title, detail = ERRORS[self.code]
        error = {"code": self.code, "title": title, "detail": detail.format(**self.words)}
        return JSONResponse({"errors": [error]}, status_code=status, headers=dict(self.headers or {}))


OPERATIONS = Operations(Path(__file__).with_name("operations.yaml"))
FAULTS = {"operation": "10005", "media_type": "10014", "malformed": "10015", "missing": "10004", "unknown": "10015"}


async def check(request: Request) -> None:
    """Refuse a request that Telnyx' specification does not allow."""
    content_type = request.headers.get("content-type", "")
    fault = OPERATIONS.fault(request.method, request.url.path, request.url.query, content_type, await request.body())
    if fault is not None:
        raise TelnyxError("10015" if fault.field.startswith("page[") else FAULTS.get(fault.why, "10032"))


async def body(request: Request) -> JsonObject:
    """The JSON object in a request."""
    try:
        parsed = json.loads(await request.body())
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise TelnyxError("10004")
    return parsed


async def form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def page(request: Request, items: list[dict[str, object]]) -> Response:
    """One page of a list, in the format of the API's lists."""
    size = whole(request.query_params.get("page[size]"), 20)
    number = whole(request.query_params.get("page[number]"), 1)
    meta = {
        "total_pages": math.ceil(len(items) / size),
        "total_results": len(items),
        "page_number": number,
        "page_size": size,
    }
    return JSONResponse({"data": items[(number - 1) * size : number * size], "meta": meta})


def whole(text: str | None, otherwise: int) -> int:
    """A whole number, or the default if it cannot be read."""
    return int(text) if text and text.isascii() and text.isdecimal() else otherwise
