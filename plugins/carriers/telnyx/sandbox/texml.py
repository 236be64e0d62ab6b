"""The fake's TeXML resources: the call list, and recordings in progress."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import RecordingControl
from plugins.carriers.telnyx.sandbox import outgoing
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, form, whole

CONTROLS: dict[str, RecordingControl] = {"paused": "pause", "in-progress": "resume"}


class Texml:
    """Calls and their recordings, as TeXML shows them."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def calls(self, request: Request) -> Response:
        query = request.query_params
        found = [
            call
            for call in self.sandbox.calls.values()
            if query.get("From") in (None, call["from"])
            and query.get("To") in (None, call["to"])
            and query.get("Status") in (None, call["status"])
            and _day(call) > query.get("StartTime>", "")
        ]
        found.sort(key=lambda call: parsedate_to_datetime(call["start_time"]), reverse=True)
        return self._page(request, "calls", found)

    async def calls_or_place(self, request: Request) -> Response:
        """The call list; or place a call."""
        if request.method == "POST":
            return await outgoing.place(self.sandbox, request)
        return await self.calls(request)

    async def call(self, request: Request) -> Response:
        found = self.sandbox.calls.get(request.path_params["call"])
        if found is None:
            raise TelnyxError("10005")
        return JSONResponse(found)

    async def recordings(self, request: Request) -> Response:
        return self._page(request, "recordings", [_shown(one) for one in self._of(request.path_params["call"])])

    async def control(self, request: Request) -> Response:
        """Pause or resume a recording in progress."""
        call, wanted = request.path_params["call"], (await form(request)).get("Status", "")
        going = [
            one
            for one in self._of(call)
            if one["sid"] == request.path_params["id"] and one["status"] in ("in-progress", "paused")
        ]
        if not going:
            raise TelnyxError("10005")
        going[0]["status"] = wanted
        self.sandbox.recorded_controls.setdefault(call, []).append(CONTROLS[wanted])
        return JSONResponse({name: value for name, value in _shown(going[0]).items() if name != "status"})

    def _of(self, call: str) -> list[dict[str, Any]]:
        return [one for one in self.sandbox.held_recordings.values() if one["call_sid"] == call]

    def _page(self, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
        query = dict(request.query_params)
        size = max(whole(query.pop("PageSize", None), 20), 1)
        number = whole(query.pop("Page", None), 0)
        query.pop("PageToken", None)

        def uri(page: int) -> str:
            return f"{request.url.path}?{urlencode({**query, 'Page': page, 'PageSize': size})}"

        start = number * size
        more = start + size < len(items)
        token = f"&{urlencode({'PageToken': f'after-{start + size}'})}"
        return JSONResponse(
            {
                name: items[start : start + size],
                "page": number,
                "page_size": size,
                "start": start,
                "end": start + max(len(items[start : start + size]) - 1, 0),
                "uri": uri(number),
                "first_page_uri": uri(0),
                "next_page_uri": uri(number + 1) + token if more else None,
            }
        )


def _shown(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name not in ("from", "to", "end_time")}


def _day(call: dict[str, Any]) -> str:
    return parsedate_to_datetime(call["start_time"]).strftime("%Y-%m-%d")
