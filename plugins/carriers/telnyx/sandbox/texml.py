"""The fake's TeXML resources: the call list, and recordings in progress."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.carriers import RecordingControl
from hub.api.twiml import list_page
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body, form


async def place(sandbox: Account, request: Request) -> Response:
    """Place a call, as the API does. The reply holds no id of the call."""
    query, key = await body(request), request.headers.get("idempotency-key", "")
    if key in sandbox.placed_keys:
        return JSONResponse(sandbox.placed_keys[key])
    sender, receiver = str(query.get("From", "")), str(query.get("To", ""))
    if query["ApplicationSid"] != sandbox.application_id:
        raise TelnyxError("10005")
    refused = sandbox.refused_numbers.get(sender) or sandbox.refused_numbers.get(receiver)
    if refused:
        raise TelnyxError(refused)
    sid = sandbox.new_call_id()
    sandbox.list_call(sid, sender, receiver, sandbox.clock(), "outbound-api")["status"] = "queued"
    sandbox.placed[sid] = query
    reply = {"from": sender, "to": receiver, "status": "queued"}
    if key:
        sandbox.placed_keys[key] = reply
    return JSONResponse(reply)


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
            and parsedate_to_datetime(call["start_time"]).strftime("%Y-%m-%d") > query.get("StartTime>", "")
        ]
        found.sort(key=lambda call: parsedate_to_datetime(call["start_time"]), reverse=True)
        return self._page(request, "calls", found)

    async def calls_or_place(self, request: Request) -> Response:
        """The call list; or place a call."""
        if request.method == "POST":
            return await place(self.sandbox, request)
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

    def _of(self, call: str) -> list[JsonObject]:
        return [one for one in self.sandbox.held_recordings.values() if one["call_sid"] == call]

    @staticmethod
    def _page(request: Request, name: str, items: list[JsonObject]) -> Response:
        page = list_page(request.url.path, request.query_params, name, items)
        del page["previous_page_uri"]
        return JSONResponse(page)


def _shown(held: dict[str, object]) -> JsonObject:
    return {name: value for name, value in held.items() if name not in ("from", "to", "end_time")}
