"""The fake's REST API: Plivo's paths over the state of a `Sandbox`."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import JsonObject
from hub.api.carriers import RecordingControl
from hub.api.twiml import tone
from plugins.carriers.plivo.sandbox import Sandbox
from plugins.carriers.plivo.sandbox.account import CAUSES, shape
from plugins.carriers.plivo.sandbox.refused import Refused, check

Handler = Callable[[Request], Awaitable[Response]]
Item = JsonObject


OF_POOL = "13125550142"
"""The number of a pool (Powerpack) that Plivo chooses for each text."""


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
                    await check(request, self.sandbox.clock())
                with self.sandbox._lock:
                    return await handler(request)
            except Refused as refused:
                return refused.response()

        return serve

    def _admit(self, request: Request) -> None:
        credentials = f"{self.sandbox.account_sid}:{self.sandbox.tokens[0]}".encode()
        if request.headers.get("authorization") != f"Basic {base64.b64encode(credentials).decode()}":
            raise Refused("unauthorized")
        if self.sandbox.overloaded():
            raise Refused("too_many")

    def reply(self, code: int, /, **shown: object) -> Response:
        """A reply with its own id, as each of Plivo's has."""
        return JSONResponse({"api_id": self.sandbox.new_sid("request"), **shown}, status_code=code)

    def page(self, request: Request, items: Iterable[Item]) -> Response:
        """One page of a list."""
        query, found = request.query_params, list(items)
        limit, by_cursor = int(query.get("limit", 20)), self.sandbox.pages != "offset"
        offset = int(query.get("offset", 0)) if self.sandbox.pages != "cursor" else 0
        if by_cursor and "offset" not in query:
            offset = int(base64.urlsafe_b64decode(query.get("cursor", "")) or 0)

        def at(start: int) -> str | None:
            place = f"cursor={base64.urlsafe_b64encode(b'%d' % start).decode()}" if by_cursor else f"offset={start}"
            return f"{request.url.path}?limit={limit}&{place}" if 0 <= start < len(found) else None

        meta = {"limit": limit, "offset": offset, "total_count": len(found)}
        meta |= {"next": at(offset + limit), "previous": at(offset - limit)}  # type: ignore[dict-item]
        return self.reply(200, meta=meta, objects=found[offset : offset + limit])

    def listed(self, request: Request, items: Iterable[Item], time: str, *names: str) -> Response:
        """One page of the items that have the values and come from the time that the query asks for."""
        query = request.query_params
        equal = {name: query[name].lstrip("+") for name in names if name in query}
        late = (one for one in items if one[time] >= query.get(f"{time}__gte", ""))
        return self.page(request, (one for one in late if all(one[name] == value for name, value in equal.items())))

    def _find(self, items: Mapping[str, object], request: Request) -> Any:
        found = items.get(request.path_params["id"])
        if found is None:
            raise Refused("not_found")
        return found

    async def for_sale(self, request: Request) -> Response:
        query = request.query_params
        country, kind = query["country_iso"], query.get("type", "local")
        areas = [
            area
            for area in shape("areas").get(f"{country} {kind}", ())
            if area.startswith(query.get("pattern", "")[:3])
        ]
        form = "44{}900{:03}" if country == "GB" else "1{}55501{:02}"
        numbers = (form.format(area, line) for area in areas for line in range(100))
        more = {"country": country, "mms_enabled": country != "GB", **shape("offer")}
        more["monthly_rental_rate"] = "1.00000" if kind == "tollfree" else "0.80000"
        return self.page(request, ({"number": one, **more} for one in numbers if one not in self.sandbox.numbers))

    async def rent(self, request: Request) -> Response:
        digits, body = request.path_params["id"], json.loads(await request.body())
        if not re.fullmatch(r"1\d{3}55501\d\d|447700900\d{3}", digits) or digits in self.sandbox.numbers:
            raise Refused("number_taken")
        self._known(body)
        self.sandbox.own(digits, body.get("app_id"))
        return self.reply(201, message="created", numbers=[{"number": digits, "status": "Success"}], status="fulfilled")

    def _known(self, body: Item) -> None:
        if body.get("app_id") not in (None, self.sandbox.application["app_id"]):
            raise Refused("invalid", "app_id")

    async def numbers(self, request: Request) -> Response:
        return self.page(request, self.sandbox.numbers.values())

    async def number(self, request: Request) -> Response:
        found = self._find(self.sandbox.numbers, request)
        if request.method == "DELETE":
            del self.sandbox.numbers[found["number"]]
        if request.method != "POST":
            return self.reply(200, **found) if request.method == "GET" else Response(status_code=204)
        body = json.loads(await request.body())
        self._known(body)
        link = {"application": f"{self.account}/Application/{body['app_id']}/"} if "app_id" in body else {}
        found |= ({"alias": body["alias"]} if "alias" in body else {}) | link
        return self.reply(202, message="changed")

    async def application(self, request: Request) -> Response:
        shown = self._find({self.sandbox.application["app_id"]: self.sandbox.application}, request)
        if request.method == "GET":
            return self.reply(200, **shown)
        shown |= json.loads(await request.body())
        return self.reply(202, message="changed")

    async def place(self, request: Request) -> Response:
        body = json.loads(await request.body())
        for number in (body["from"], body["to"]):
            refused = self.sandbox.refused_numbers.get(number.lstrip("+"))
            if refused:
                raise Refused(refused, "to")
        reference = self.sandbox.new_call_id()
        sides = {name.title(): f"+{body[name].lstrip('+')}" for name in ("from", "to")}
        self.sandbox.placed[reference] = body | sides
        return self.reply(201, message="call fired", request_uuid=reference)

    def _shown(self, call: Item) -> Item:
        code, name, _ = CAUSES[call["status"]]
        duration = int(call["duration"] or 0)
        return {
            "call_uuid": call["sid"],
            "parent_call_uuid": call["parent_call_sid"],
            "call_direction": call["direction"].partition("-")[0],
            **_sides(call),
            "initiation_time": call["start_time"],
            "answer_time": call.get("answer_time") if call["status"] == "completed" else None,
            "end_time": call["end_time"],
            "call_duration": duration,
            "bill_duration": duration,
            "hangup_cause_code": code,
            "hangup_cause_name": name,
        }

    async def calls(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.place(request)
        ended = [self._shown(one) for one in self.sandbox.calls.values() if one["end_time"]][::-1]
        return self.listed(request, ended, "end_time", "from_number", "to_number", "parent_call_uuid", "call_direction")

    async def call(self, request: Request) -> Response:
        ended = {sid: one for sid, one in self.sandbox.calls.items() if one["end_time"]}
        return self.reply(200, **self._shown(self._find(ended, request)))

    async def switch_recording(self, request: Request) -> Response:
        """End the recordings of a call in progress, or begin one."""
        call, box = request.path_params["id"], self.sandbox
        if box.calls.get(call, {"end_time": "never"})["end_time"]:
            raise Refused("not_found")
        control: RecordingControl = "pause" if request.method == "DELETE" else "resume"
        going = [
            one for one in box.held_recordings.values() if (one["call_sid"], one["status"]) == (call, "in-progress")
        ]
        if control == "pause" and not going:
            raise Refused("not_found")
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
                "add_time": one["date_updated"],
                "recording_duration_ms": f"{int(one['duration']) * 1000}.00000",
                "recording_url": self.sandbox.recording_url(sid),
                **shape("recording"),
            }
            for sid, one in ready.items()
        }

    async def recordings(self, request: Request) -> Response:
        return self.listed(request, self._stored().values(), "add_time", "call_uuid")

    async def recording(self, request: Request) -> Response:
        found = self._find(self._stored(), request)
        if request.method == "DELETE":
            del self.sandbox.held_recordings[found["recording_id"]]
            return Response(status_code=204)
        return self.reply(200, **found)

    async def messages(self, request: Request) -> Response:
        if request.method == "POST":
            return await self.send(request)
        found = map(self._record, self.sandbox.messages.values())
        return self.listed(request, found, "message_time", "from_number", "to_number", "message_direction")

    async def send(self, request: Request) -> Response:
        body = json.loads(await request.body())
        sender, receiver = (f"+{number.lstrip('+')}" for number in (body.get("src", OF_POOL), body["dst"]))
        shown = self.sandbox.send(sender, receiver, body.get("text", ""), body.get("media_urls", ()), body.get("url"))
        if (sender, receiver) in self.sandbox.blocked:
            self.sandbox.stopped_texts.add(shown["sid"])
        return self.reply(202, message="message(s) queued", message_uuid=[shown["sid"]])

    @staticmethod
    def _record(one: Item) -> Item:
        """A text as the list shows it: without what was written."""
        return {
            "message_uuid": one["sid"],
            **_sides(one),
            "message_direction": one["direction"].partition("-")[0],
            "message_state": one["status"],
            "message_time": one["date_created"],
            "message_type": "mms" if one["num_media"] != "0" else "sms",
            "units": 1,
            "error_code": one["error_code"] or "000",
        }

    async def message(self, request: Request) -> Response:
        return self.reply(200, **self._record(self._find(self.sandbox.messages, request)))

    async def audio(self, request: Request) -> Response:
        spoken, seconds = self.sandbox.audio[self._find(self.sandbox.held_recordings, request)["sid"]]
        return Response(spoken or tone(seconds), media_type="audio/wav")

    async def picture(self, request: Request) -> Response:
        return Response(self._find(self.sandbox.media, request), media_type="image/png")


def _sides(one: Item) -> Item:
    return {"from_number": one["from"].lstrip("+"), "to_number": one["to"].lstrip("+")}


def app(sandbox: Sandbox) -> Starlette:
    """The ASGI application of a sandbox."""
    api = Api(sandbox)

    def route(path: str, handler: Handler, *methods: str) -> Route:
        return Route(f"{api.account}/{path}/", api.guarded(handler), methods=list(methods) or ["GET"])

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
    return Starlette(routes=routes)
