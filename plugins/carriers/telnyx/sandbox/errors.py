"""The fake's errors, pages and request bodies, in Telnyx' formats."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.sandbox import VendorRules, answer_reply, received

RULES = VendorRules(Path(__file__).with_name("rules.yaml"))


class TelnyxError(Exception):
    """An error of Telnyx', by its code, which `rules.yaml` lists; `src` and `dst` are the numbers that it names."""

    def __init__(self, code: str, src: str = "", dst: str = "") -> None:
        super().__init__(code)
        self.code, self.src, self.dst = code, src, dst

    def response(self) -> Response:
        """The error in Telnyx' format."""
        return answer_reply(RULES.answer(self.code), src=self.src, dst=self.dst)


async def check(request: Request, now: datetime) -> None:
    """Refuse a request that Telnyx' pages do not allow."""
    said = RULES.check(await received(request), now)
    if said.answer is not None:
        raise TelnyxError(said.answer)


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
