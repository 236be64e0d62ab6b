"""The form of requests that Salesforce accepts at all, and of its replies."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.api.sandbox import HeardRequest, VendorRules, json_reply

from .records import Refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
MAX_ADDRESS_BYTES = 16_384
OLDEST_VERSION, NEWEST_VERSION = 31, 68
"""Versions 21 to 30 were retired in 2025; 68 is Winter '27."""


def checked(request: Request, heard: HeardRequest, now: datetime) -> Any:
    """The JSON body of a request that Salesforce accepts at all; `request.state.refused` has what refuses each of its rows."""
    version = float(request.path_params["version"])
    if version > NEWEST_VERSION:
        raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
    if version < OLDEST_VERSION:
        raise Refused("UNSUPPORTED_API_VERSION", "This version of the API is retired", status=410)
    if len(str(request.url)) > MAX_ADDRESS_BYTES:
        raise Refused("URI_TOO_LONG", "The address is too long", status=414)
    said = RULES.check(heard, now)
    for name in filter(None, (said.answer, *said.refused)):
        is_parameter = name == "malformed" and said.field in request.query_params
        answer = RULES.answer("bad_parameter" if is_parameter else name)
        if answer.row is None:
            raise Refused(answer.body[0]["errorCode"], answer.body[0]["message"], status=answer.status)
    request.state.refused = said.refused
    return json.loads(heard.body) if heard.body else None


def records_of(body: Any) -> list[Any]:
    """The records of a collection."""
    if body.get("allOrNone"):
        raise Refused("JSON_PARSER_ERROR", "this stand-in does not roll collections back")
    records: list[Any] = body["records"]
    return records


def type_of(record: object) -> str:
    """The type that a record names."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    return str(attributes.get("type") or "") if isinstance(attributes, dict) else ""


def error_reply(refused: Refused) -> Response:
    """A refusal: a list of errors."""
    error: dict[str, object] = {"message": refused.message, "errorCode": refused.code}
    if refused.fields:
        error["fields"] = list(refused.fields)
    return json_reply([error], refused.status)
