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
from hub.api.sandbox import VendorRules, answer_reply, received
from hub.api.twiml import list_page

if TYPE_CHECKING:
    from starlette.requests import Request

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class TwilioError(Exception):
    """An error of Twilio's, by its code, which `rules.yaml` lists."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.answer = str(code)


def refusal(error: TwilioError) -> Response:
    """An error in Twilio's format."""
    return answer_reply(RULES.answer(error.answer))


async def check(request: Request, now: datetime) -> None:
    """Refuse a request that Twilio's pages do not allow."""
    said = RULES.check(await received(request), now)
    if said.answer is not None:
        raise TwilioError(int(said.answer))


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
