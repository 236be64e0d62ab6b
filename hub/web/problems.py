"""The problem documents of `/api/v1` (RFC 9457): with a code, the parameter at fault and the request's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, get_args

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from hub.web.error_answers import NONE_OF_OURS, PROBLEM
from hub.web.request_ids import request_id_of

log = structlog.get_logger(__name__)
API = "/api/v1"
Code = Literal[
    "unknown_version", "unauthorized", "forbidden", "not_found", "method_not_allowed",
    "not_possible", "request_in_progress", "body_too_large",
    "invalid_parameter", "unknown_parameter", "invalid_cursor", "invalid_body", "idempotency_key_reused",
    "rate_limited", "internal_error", "unavailable",
]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What an error code means: its HTTP status, its title, and what a program does about it."""

    status: int
    title: str
    about: str


KINDS: Mapping[Code, Kind] = {
    "unknown_version": Kind(
        400,
        "Unknown version",
        "`Ringfence-Version` names no version of this hub. Send one that the answer names, or none.",
    ),
    "unauthorized": Kind(401, "No valid key", "Send a key that has not ended as `Authorization: Bearer KEY`."),
    "forbidden": Kind(
        403, "Not permitted", "The role of the key's user does not include this. Use a key of another user."
    ),
    "not_found": Kind(
        404,
        "Not found",
        "Nothing that the key's user may see is at this address. It was mistyped or deleted, or it is another's.",
    ),
    "method_not_allowed": Kind(405, "Method not allowed", "Use one of the methods that the header `Allow` names."),
    "not_possible": Kind(
        409,
        "Not possible now",
        "The request is in order, but the present state of what it is about does not permit it.",
    ),
    "request_in_progress": Kind(
        409,
        "Request in progress",
        "A request with the same `Idempotency-Key` has not ended. Wait as `Retry-After` says.",
    ),
    "body_too_large": Kind(413, "Body too large", "A body has at most 100 kB."),
    "invalid_parameter": Kind(
        422, "Invalid parameter", "A parameter is missing or has a value that it cannot have; `param` names it."
    ),
    "unknown_parameter": Kind(
        422,
        "Unknown parameter",
        "The operation has no parameter of this name, or it was given twice; `param` names it.",
    ),
    "invalid_cursor": Kind(
        422, "Invalid cursor", "`after` is not the `next` of a page of this list. Begin with the first page."
    ),
    "invalid_body": Kind(
        422,
        "Invalid body",
        "The body is no JSON object, or a field of it has a value that it cannot have; `param` names it.",
    ),
    "idempotency_key_reused": Kind(
        422, "Idempotency key reused", "The `Idempotency-Key` was sent with another request in the last 24 hours."
    ),
    "rate_limited": Kind(429, "Too many requests", "Wait for the seconds in `Retry-After` and send the request again."),
    "internal_error": Kind(
        500, "Internal error", "The cause is in the hub's log under the request's id. Nothing was changed in part."
    ),
    "unavailable": Kind(503, "Not available now", "Send the request again after the seconds in `Retry-After`."),
}
CODES: Mapping[int, Code] = {KINDS[code].status: code for code in reversed(get_args(Code))}
"""Status → its code, if an error says no other."""


class Refusal(HTTPException):
    """An error of the API with a code of its own; `param` names the parameter, field or header at fault."""

    def __init__(
        self, code: Code, detail: str, param: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(KINDS[code].status, detail, headers)
        self.code, self.param = code, param


def outer_problem(scope: Scope, status: int, sentence: str) -> Response | None:
    """The problem document of what is refused before `/api/v1`; None for another address."""
    path = scope["path"]
    return api_problem(scope, status, sentence) if path == API or path.startswith(f"{API}/") else None


def type_of(code: Code) -> str:
    """The `type` of a code's problems: the address of its section in the hub's own documentation."""
    return f"{API}/docs#{code}"


def api_problem(
    scope: Scope,
    status: int,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    code: Code | None = None,
    param: str | None = None,
) -> Response:
    """A problem document of `/api/v1`. A detail that is only a framework's phrase is replaced by what the code means."""
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    code = code or CODES.get(status) or ("unavailable" if server else "invalid_parameter")
    kind, request_id = KINDS[code], request_id_of(scope)
    document: dict[str, Any] = {
        "type": type_of(code), "title": kind.title, "status": status,
        "detail": kind.about.replace("`", "") if detail in NONE_OF_OURS else detail,
        "code": code, "param": param, "request_id": request_id,
    }  # fmt: skip
    log.info("api request refused", code=code, param=param, status=status, method=scope["method"])
    return JSONResponse(document, status, {"Cache-Control": "no-store", **(headers or {})}, PROBLEM)
