"""Requests and replies in the format of Twilio's API: what it refuses, errors, lists and single resources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.sandbox import Operations
from hub.api.twiml import list_page

if TYPE_CHECKING:
    from starlette.requests import Request

ERRORS = {
    20001: (400, "Unknown parameters"),
    20007: (400, "Page size too large"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20422: (400, "Invalid parameter"),
    21205: (400, "Url is not a valid URL"),
    21210: (400, "The source phone number provided is not yet verified for your account"),
    21201: (400, "No 'To' number is specified"),
    21211: (400, "Invalid 'To' Phone Number"),
    21215: (400, "Account not authorized to call. Perhaps you need to enable some international permissions"),
    21217: (400, "The phone number you are attempting to call is not valid"),
    21220: (400, "Unable to update the recording: the call is not in progress"),
    21402: (400, "The URL is not valid"),
    21421: (400, "PhoneNumber is invalid"),
    21422: (400, "PhoneNumber is not available"),
    21604: (400, "'To' phone number is required to send a Message"),
    21602: (400, "Message body is required"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}
"""Twilio's error codes: HTTP status and message."""


class TwilioError(Exception):
    """An error of Twilio's, by its code."""

    def __init__(self, code: int, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


def refusal(error: TwilioError) -> Response:
    """An error in Twilio's format."""
    status, message = ERRORS[error.code]
    body = {
        "code": error.code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": status,
    }
    headers = {"retry-after": str(error.retry_after)} if error.retry_after is not None else None
    return JSONResponse(body, status_code=status, headers=headers)


OPERATIONS = Operations(Path(__file__).with_name("operations.yaml"))


async def check(request: Request) -> None:
    """Refuse a request that Twilio's specification does not allow."""
    content_type = request.headers.get("content-type", "")
    fault = OPERATIONS.fault(request.method, request.url.path, request.url.query, content_type, await request.body())
    if fault is None:
        return
    if fault.why == "operation":
        raise TwilioError(20404)
    if fault.field == "PageSize":
        raise TwilioError(20007)
    if (fault.why, fault.field) == ("missing", "To"):
        raise TwilioError(21604 if "/Messages" in request.url.path else 21201)
    raise TwilioError(20001 if fault.why in ("unknown", "media_type") else 20422)


def one(request: Request, resources: dict[str, dict[str, object]], sid: str) -> Response:
    """Show or delete one resource."""
    if sid not in resources:
        raise TwilioError(20404)
    if request.method == "DELETE":
        del resources[sid]
        return Response(status_code=204)
    return JSONResponse(resources[sid])


def page(request: Request, name: str, items: list[dict[str, object]]) -> JSONResponse:
    """One page of a list."""
    return JSONResponse(list_page(request.url.path, request.query_params, name, items))


def within(moment: str, query: Mapping[str, str], name: str) -> bool:
    """Whether a time passes the filters `Name>`, `Name<` of a list; a bare date is its midnight, UTC."""
    at = parsedate_to_datetime(moment)
    after, before = query.get(f"{name}>"), query.get(f"{name}<")
    return (after is None or at >= _moment(after)) and (before is None or at <= _moment(before))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form; the last value of a repeated field."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


async def fields(request: Request) -> list[tuple[str, str]]:
    """The fields of a form in order; fields may repeat."""
    return parse_qsl((await request.body()).decode(), keep_blank_values=True)


async def json_object(request: Request) -> JsonObject:
    """The JSON object of a request to one of Twilio's newer APIs."""
    try:
        body = await request.json()
    except ValueError:
        raise TwilioError(20422) from None
    if not isinstance(body, dict):
        raise TwilioError(20422)
    return body
