"""The fake's errors: problem details, and the older form of the API for numbers.

Source: developer.vonage.com/en/api-errors and /en/api/numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.sandbox import Operations, RequestFault

OPERATIONS = Operations(Path(__file__).with_name("operations.yaml"))
TYPES = "https://developer.vonage.com/api-errors"
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    415: "Unsupported Media Type",
    422: "Invalid params",
    429: "Rate Limit Hit",
}


class VonageError(Exception):
    """A refusal with problem details; `name` is the error's name in Vonage's catalog."""

    def __init__(self, status: int, name: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.name, self.detail, self.headers = status, name, detail, headers

    def response(self, older: bool = False) -> Response:
        """The error in Vonage's format, or in the older one."""
        if older:
            reported = {"error-code": str(self.status), "error-code-label": self.detail}
            return JSONResponse(reported, self.status, dict(self.headers or {}))
        problem = {
            "type": f"{TYPES}#{self.name}",
            "title": TITLES[self.status],
            "detail": self.detail,
            "instance": "797a8f199c45014ab7b08bfe9cc1c12c",
        }
        return JSONResponse(problem, self.status, dict(self.headers or {}), "application/problem+json")


async def check(request: Request) -> None:
    """Refuse a request that Vonage's documentation does not allow."""
    content_type = request.headers.get("content-type", "")
    fault = OPERATIONS.fault(request.method, request.url.path, request.url.query, content_type, await request.body())
    if fault is not None:
        raise _refusal(fault, request.url.path)


def _refusal(fault: RequestFault, path: str) -> VonageError:
    if fault.why == "operation":
        return VonageError(404, "not-found", "The requested resource does not exist.")
    if fault.why == "media_type":
        return VonageError(415, "unsupported-media-type", "The content type is not supported.")
    status = 422 if path.startswith(("/v1/messages", "/v1/redact")) else 400
    return VonageError(status, "invalid-params", f"The value of one or more parameters is invalid: {fault.field}")


async def body(request: Request) -> JsonObject:
    """The JSON object in a request that was checked."""
    parsed: dict[str, object] = json.loads(await request.body())
    return parsed


async def form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
