"""The fake's REST API: Plivo's paths over the state of a `Sandbox`."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import Operations, RecordingControl, tone
from plugins.carriers.plivo.sandbox import Sandbox
from plugins.carriers.plivo.sandbox.account import CAUSES

Handler = Callable[[Request], Awaitable[Response]]
Item = dict[str, Any]
OPERATIONS = Operations(Path(__file__).with_name("operations.yaml"))
AREAS = {
    ("US", "local"): ("312", "212", "415"),
    ("US", "tollfree"): ("800", "888"),
    ("CA", "local"): ("416",),
    ("GB", "mobile"): ("7700",),
}


class PlivoError(Exception):
    """An error of Plivo's: a status, and words instead of a code."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Api:
    """The handlers, and the check of each request before them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.account = f"/v1/Account/{sandbox.account_sid}"

    def guarded(self, handler: Handler, *, is_media: bool = False) -> Handler:
        """A handler behind the account's token, the limit of requests and what the documentation allows."""

        async def serve(request: Request) -> Response:
            try:
                self._admit(request)
                if not is_media:
                    await self._check(request)
                with self.sandbox._lock:
                    return await handler(request)
            except PlivoError as error:
                shown = {"api_id": self.sandbox.new_sid("request"), "error": error.words}
                return JSONResponse(shown, status_code=error.status)

        return serve

    def _admit(self, request: Request) -> None:
        credentials = f"{self.sandbox.account_sid}:{self.sandbox.tokens[0]}".encode()
        if request.headers.get("authorization") != f"Basic {base64.b64encode(credentials).decode()}":
            raise PlivoError(401, "authentication failed")
        if self.sandbox.overloaded():
            raise PlivoError(429, "too many requests")

    async def _check(self, request: Request) -> None:
        body = b"" if request.method == "DELETE" else await request.body()
        kind = request.headers.get("content-type", "")
        fault = OPERATIONS.fault(request.method, request.url.path, request.url.query, kind, body)
        if fault is not None and fault.why == "operation":
            raise PlivoError(404, "not found")
        if fault is not None:
            raise PlivoError(400, f"{fault.field or 'the request'} parameter is {fault.why}")

    def reply(self, code: int, /, **shown: Any) -> Response:
        """A reply with its own id, as each of Plivo's has."""
        return JSONResponse({"api_id": self.sandbox.new_sid("request"), **shown}, status_code=code)

    def page(self, request: Request, items: Iterable[Item]) -> Response:
        """One page of a list."""
        query, found = request.query_params, list(items)
        limit, offset = int(query.get("limit", 20)), int(query.get("offset", 0))

        def at(start: int) -> str | None:
            return f"{request.url.path}?limit={limit}&offset={start}" if 0 <= start < len(found) else None

        meta = {"limit": limit, "offset": offset, "total_count": len(found)}
        meta |= {"next": at(offset + limit), "previous": at(offset - limit)}  # type: ignore[dict-item]
        return self.reply(200, meta=meta, objects=found[offset : offset + limit])

    @staticmethod
    def _wanted(request: Request, item: Item, *names: str) -> bool:
        """Whether an item has the values that the query asks for."""
        asked = request.query_params
        return all(str(item[name]) == asked[name].lstrip("+") for name in names if name in asked)

    def _find(self, items: Mapping[str, Item], request: Request) -> Item:
        found = items.get(request.path_params["id"])
        if found is None:
            raise PlivoError(404, "not found")
        return found

    # Numbers and the application

    async def for_sale(self, request: Request) -> Response:
        query = request.query_params
        country, kind = query["country_iso"], query.get("type", "local")
        areas = [area for area in AREAS.get((country, kind), ()) if area.startswith(query.get("pattern", "")[:3])]
        numbers = (
            f"44{area}900{line:03}" if country == "GB" else f"1{area}55501{line:02}"
            for area in areas
            for line in range(100)
        )
        rates = {"monthly_rental_rate": "1.00000" if kind == "tollfree" else "0.80000", "setup_rate": "0.00000"}
        can = {"voice_enabled": True, "sms_enabled": True, "mms_enabled": country != "GB"}
        offers = (
            {"number": one, "country": country, "city": "CHICAGO", "region": "Illinois, UNITED STATES"}
            for one in numbers
        )
        return self.page(
            request, (offer | rates | can for offer in offers if offer["number"] not in self.sandbox.numbers)
        )

    async def rent(self, request: Request) -> Response:
        digits, body = request.path_params["id"], json.loads(await request.body())
        if not re.fullmatch(r"1\d{3}55501\d\d|447700900\d{3}", digits) or digits in self.sandbox.numbers:
            raise PlivoError(400, "the number is not available")
        self._known(body)
        self.sandbox.own(digits, body.get("app_id"))
        return self.reply(201, message="created", numbers=[{"number": digits, "status": "Success"}], status="fulfilled")

    def _known(self, body: Item) -> None:
        if body.get("app_id") not in (None, self.sandbox.application["app_id"]):
            raise PlivoError(400, "app_id does not exist")

    async def numbers(self, request: Request) -> Response:
        return self.page(request, self.sandbox.numbers.values())

    async def number(self, request: Request) -> Response:
        found = self._find(self.sandbox.numbers, request)
        if request.method == "DELETE":
            del self.sandbox.numbers[found["number"]]
            return Response(status_code=204)
        if request.method == "GET":
            return self.reply(200, **found)
        body = json.loads(await request.body())
        self._known(body)
        found |= {name: body[name] for name in ("alias",) if name in body}
        if "app_id" in body:
            found["application"] = f"{self.account}/Application/{body['app_id']}/"
        return self.reply(202, message="changed")

    async def application(self, request: Request) -> Response:
        shown = self._find({self.sandbox.application["app_id"]: self.sandbox.application}, request)
        if request.method == "GET":
            return self.reply(200, **shown)
        shown |= json.loads(await request.body())
        return self.reply(202, message="changed")

    # Calls and recordings

    async def place(self, request: Request) -> Response:
        body = json.loads(await request.body())
        for number in (body["from"], body["to"]):
            refused = self.sandbox.refused_numbers.get(number.lstrip("+"))
            if refused:
                raise PlivoError(refused, "calls to or from this number are not allowed")
        reference = self.sandbox.new_call_id()
        self.sandbox.placed[reference] = body | {name: body[name].lstrip("+") for name in ("from", "to")}
        return self.reply(201, message="call fired", request_uuid=reference)

    def _shown(self, call: Item) -> Item:
        code, name, _ = CAUSES[call["status"]]
        duration = int(call["duration"] or 0)
        return {
            "call_uuid": call["sid"],
            "parent_call_uuid": call["parent_call_sid"],
            "call_direction": call["direction"].partition("-")[0],
            "from_number": call["from"].lstrip("+"),
            "to_number": call["to"].lstrip("+"),
            "initiation_time": call["start_time"],
            "answer_time": call.get("answer_time") if call["status"] == "completed" else None,
            "end_time": call["end_time"],
            "call_duration": duration,
            "bill_duration": duration,
            "hangup_cause_code": code,
            "hangup_cause_name": name,
            "resource_uri": f"{self.account}/Call/{call['sid']}/",
        }

    async def calls(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.place(request)
        ended = [self._shown(one) for one in self.sandbox.calls.values() if one["end_time"]]
        since = request.query_params.get("end_time__gte", "")
        found = [one for one in ended if self._wanted(request, one, "from_number", "to_number", "parent_call_uuid")]
        return self.page(request, [one for one in found[::-1] if one["end_time"] >= since])

    async def call(self, request: Request) -> Response:
        found = self._find({sid: one for sid, one in self.sandbox.calls.items() if one["end_time"]}, request)
        return self.reply(200, **self._shown(found))

    async def switch_recording(self, request: Request) -> Response:
        """End the recordings of a call in progress, or begin one."""
        call, box = request.path_params["id"], self.sandbox
        if box.calls.get(call, {"end_time": "never"})["end_time"]:
            raise PlivoError(404, "call not found")
        control: RecordingControl = "pause" if request.method == "DELETE" else "resume"
        going = [
            one for one in box.held_recordings.values() if one["call_sid"] == call and one["status"] == "in-progress"
        ]
        if control == "pause" and not going:
            raise PlivoError(404, "no recording in progress")
        box.recorded_controls.setdefault(call, []).append(control)
        if control == "pause":
            for one in going:
                one["status"] = "stopped"
            return Response(status_code=204)
        caller = box.calls[call]
        begun = box.list_recording(call, caller["from"], caller["to"], box.clock(), "Dial", 2)
        box.resumed.setdefault(call, []).append((begun, json.loads(await request.body()).get("callback_url", "")))
        return self.reply(202, message="call recording started", recording_id=begun, url=box.recording_url(begun))

    def _stored(self) -> dict[str, Item]:
        ready = {sid: one for sid, one in self.sandbox.held_recordings.items() if one["status"] == "completed"}
        return {
            sid: {
                "recording_id": sid,
                "call_uuid": one["call_sid"],
                "from_number": one["from"].lstrip("+"),
                "to_number": one["to"].lstrip("+"),
                "add_time": one["date_updated"],
                "recording_type": "normal",
                "recording_format": "wav",
                "recording_duration_ms": f"{int(one['duration']) * 1000}.00000",
                "recording_url": self.sandbox.recording_url(sid),
                "conference_name": None,
            }
            for sid, one in ready.items()
        }

    async def recordings(self, request: Request) -> Response:
        since = request.query_params.get("add_time__gte", "")
        found = [one for one in self._stored().values() if one["add_time"] >= since]
        return self.page(request, [one for one in found if self._wanted(request, one, "call_uuid")])

    async def recording(self, request: Request) -> Response:
        found = self._find(self._stored(), request)
        if request.method == "DELETE":
            del self.sandbox.held_recordings[found["recording_id"]]
            return Response(status_code=204)
        return self.reply(200, **found)

    # Texts

    async def messages(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.send(request)
        since = request.query_params.get("message_time__gte", "")
        found = [one for one in map(self._record, self.sandbox.messages.values()) if one["message_time"] >= since]
        names = ("from_number", "to_number", "message_direction")
        return self.page(request, [one for one in found if self._wanted(request, one, *names)])

    async def send(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if not body.get("text") and not body.get("media_urls"):
            raise PlivoError(400, "text parameter is missing")
        sender, receiver = f"+{body['src'].lstrip('+')}", f"+{body['dst'].lstrip('+')}"
        shown = self.sandbox.send(sender, receiver, body.get("text", ""), body.get("media_urls", ()), body.get("url"))
        if (sender, receiver) in self.sandbox.blocked:
            self.sandbox.stopped_texts.add(shown["sid"])
        return self.reply(202, message="message(s) queued", message_uuid=[shown["sid"]])

    @staticmethod
    def _record(one: Item) -> Item:
        """A text as the list shows it: without what was written."""
        return {
            "message_uuid": one["sid"],
            "from_number": one["from"].lstrip("+"),
            "to_number": one["to"].lstrip("+"),
            "message_direction": one["direction"].partition("-")[0],
            "message_state": one["status"],
            "message_time": one["date_created"],
            "message_type": "mms" if one["num_media"] != "0" else "sms",
            "units": 1,
            "error_code": one["error_code"] or "000",
        }

    async def message(self, request: Request) -> Response:
        found = self._find(self.sandbox.messages, request)
        return self.reply(200, **self._record(found))

    # The host of recordings and pictures

    async def audio(self, request: Request) -> Response:
        recording = request.path_params["id"]
        spoken, seconds = self.sandbox.audio.get(recording, (None, -1))
        if seconds < 0 or recording not in self.sandbox.held_recordings:
            raise PlivoError(404, "not found")
        return Response(spoken or tone(seconds), media_type="audio/wav")

    async def picture(self, request: Request) -> Response:
        data = self.sandbox.media.get(request.path_params["id"])
        if data is None:
            raise PlivoError(404, "not found")
        return Response(data, media_type="image/png")


def app(sandbox: Sandbox) -> Starlette:
    """The ASGI application of a sandbox."""
    api = Api(sandbox)

    def route(path: str, handler: Handler, *methods: str) -> Route:
        return Route(f"{api.account}/{path}/", api.guarded(handler), methods=list(methods) or ["GET"])

    async def unknown(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "not found"}, status_code=404)

    routes = [
        route("PhoneNumber", api.for_sale),
        route("PhoneNumber/{id}", api.rent, "POST"),
        route("Number", api.numbers),
        route("Number/{id}", api.number, "GET", "POST", "DELETE"),
        route("Application/{id}", api.application, "GET", "POST"),
        route("Call", api.calls, "GET", "POST"),
        route("Call/{id}", api.call),
        route("Call/{id}/Record", api.switch_recording, "POST", "DELETE"),
        route("Recording", api.recordings),
        route("Recording/{id}", api.recording, "GET", "DELETE"),
        route("Message", api.messages, "GET", "POST"),
        route("Message/{id}", api.message),
        Route(f"{api.account}/Recording/{{id}}.wav", api.guarded(api.audio, is_media=True)),
        Route(f"/Account/{sandbox.account_sid}/Media/{{id}}", api.guarded(api.picture, is_media=True)),
    ]
    handled: Any = {404: unknown, 405: unknown}
    found = Starlette(routes=routes, exception_handlers=handled)
    found.router.redirect_slashes = False
    return found
