"""Lists and single resources of the fake Twilio API of 2010-04-01."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugins.carriers.twilio.sandbox.errors import TwilioError


def page(request: Request, name: str, items: list[dict[str, Any]]) -> JSONResponse:
    """One page of a list, in the format of this API version."""
    query = dict(request.query_params)
    size = whole(query.pop("PageSize", ""), 50)
    number = whole(query.pop("Page", ""), 0)
    query.pop("PageToken", None)
    start = number * size
    shown = items[start : start + size]

    def uri(page: int, token: str | None = None) -> str:
        place = {"PageSize": size, "Page": page} | ({"PageToken": token} if token else {})
        return f"{request.url.path}?{urlencode(query | place)}"

    more = start + size < len(items)
    body = {
        name: shown,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(number - 1) if number else None,
        "next_page_uri": uri(number + 1, f"PA{shown[-1].get('sid', number)}") if more else None,
    }
    return JSONResponse(body)


def within(moment: str, query: Mapping[str, str], name: str) -> bool:
    """Whether a time passes the filters `Name>`, `Name<` of a list; a bare date is its midnight, UTC."""
    at = parsedate_to_datetime(moment)
    after, before = query.get(f"{name}>"), query.get(f"{name}<")
    return (after is None or at >= _moment(after)) and (before is None or at <= _moment(before))


def one(request: Request, resources: dict[str, dict[str, Any]], sid: str) -> Response:
    """Show or delete one resource."""
    if sid not in resources:
        raise TwilioError(20404)
    if request.method == "DELETE":
        del resources[sid]
        return Response(status_code=204)
    return JSONResponse(resources[sid])


def whole(text: str, otherwise: int) -> int:
    """A whole number, or the default if it cannot be read."""
    return int(text) if text.isdecimal() else otherwise


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
