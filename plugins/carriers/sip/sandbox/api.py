"""The stand-in's control address: the gateway's operations over the state of an `Account`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api import JsonObject
from hub.api.sandbox import Operations
from hub.api.twiml import tone
from plugins.carriers.sip.sandbox.account import Account
from plugins.carriers.sip.signature import HEADER, is_signed

OPERATIONS = Operations(Path(__file__).with_name("operations.yaml"))
CONTROLS = {"paused": "pause", "in-progress": "resume"}


def refusal(status: int, code: str, message: str) -> Response:
    """A refusal as the gateway writes it."""
    return JSONResponse({"code": code, "message": message}, status_code=status)


class Api:
    """The handlers of one stand-in."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    def admitted(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The handler, for requests that are signed and well formed."""

        async def checked(request: Request) -> Response:
            body, url = await request.body(), f"{self.sandbox.origin}{request.url.path}"
            url += f"?{request.url.query}" if request.url.query else ""
            given = request.headers.get(HEADER, "")
            if not is_signed([self.sandbox.secret], self.sandbox.clock(), request.method, url, body, given):
                return refusal(401, "signature", "The request is not signed with the gateway's secret.")
            content_type = request.headers.get("content-type", "")
            fault = OPERATIONS.fault(request.method, request.url.path, request.url.query, content_type, body)
            if fault is not None:
                return refusal(400, "request", f"The gateway does not take this request ({fault.why}).")
            return await handler(request)

        return checked

    async def health(self, request: Request) -> Response:
        figures = {"active_calls": 0, "ports_in_use": 0, "ports": 1000, "refused_calls": 0}
        state = {"status": "up", "trunk": True, "calls": 0, "waiting": 0, "refused": False}
        return JSONResponse({**state, "figures": figures})

    async def numbers(self, request: Request) -> Response:
        return JSONResponse({"numbers": [{"number": each} for each in self.sandbox.settings()["numbers"]]})

    async def calls(self, request: Request) -> Response:
        since = datetime.fromisoformat(request.query_params["since"])
        held = self.sandbox
        legs = [each for each in held.calls.values() if datetime.fromisoformat(each["start_time"]) >= since]
        audio = [each for each in held.held_recordings.values() if each["status"] == "completed"]
        return JSONResponse({"calls": legs, "recordings": audio, "next": ""})

    async def place(self, request: Request) -> Response:
        query, held = json.loads(await request.body()), self.sandbox
        if query["Key"] not in held.placed_keys:
            refused = held.refused_numbers.get(query["From"]) or held.refused_numbers.get(query["To"])
            if refused:
                return refusal(422, refused, "The gateway does not place this call.")
            sid = held.new_call_id()
            held.list_call(sid, query["From"], query["To"], held.clock(), "outbound-api")["status"] = "queued"
            held.placed[sid] = query
            held.placed_keys[query["Key"]] = sid
        return JSONResponse({"sid": held.placed_keys[query["Key"]]}, status_code=201)

    async def control(self, request: Request) -> Response:
        call, status = request.path_params["call"], json.loads(await request.body())["status"]
        for recording in self.sandbox.held_recordings.values():
            if recording["call_sid"] == call and recording["status"] in CONTROLS:
                recording["status"] = status
                self.sandbox.recorded_controls.setdefault(call, []).append(CONTROLS[status])  # type: ignore[arg-type]
                return JSONResponse({"status": status})
        return refusal(404, "missing", "Nothing is being recorded of this call.")

    async def messages(self, request: Request) -> Response:
        return JSONResponse({"messages": self.sandbox.signalling.get(request.path_params["call"], [])})

    async def recording(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        held = self.sandbox.held_recordings.get(sid)
        if held is None or held["status"] != "completed":
            return refusal(404, "missing", "There is no such recording.")
        if request.method == "DELETE":
            del self.sandbox.held_recordings[sid]
            return Response(status_code=204)
        spoken, seconds = self.sandbox.audio[sid]
        return Response(spoken or tone(seconds), media_type="audio/wav")

    async def held(self, request: Request) -> Response:
        found = self._of_person(json.loads(await request.body()))
        return JSONResponse({"records": found})

    async def erase(self, request: Request) -> Response:
        found = self._of_person(json.loads(await request.body()))
        for each in found:
            (self.sandbox.held_recordings if each["type"] == "recording" else self.sandbox.calls).pop(each["sid"])
        return JSONResponse({"records": len(found), "under_way": False})

    def _of_person(self, who: JsonObject) -> list[JsonObject]:
        """The person's recordings, then calls."""
        theirs, ours, ids = set(who["phone_numbers"]), set(who["tracking_numbers"]), set(who["ids"])
        calls = {}
        for sid, call in self.sandbox.calls.items():
            parent = self.sandbox.calls.get(call["parent_call_sid"] or "", call)
            sides = {parent["from"], parent["to"]}
            if sid in ids or parent["sid"] in ids or (sides & theirs and sides & ours):
                calls[sid] = call
        audio = [
            (sid, each) for sid, each in self.sandbox.held_recordings.items() if sid in ids or each["call_sid"] in calls
        ]
        shown = ("from", "to", "status", "direction", "start_time", "end_time", "duration")
        return [
            *({"type": "recording", "sid": sid, "fields": {"call_sid": each["call_sid"]}} for sid, each in audio),
            *(
                {"type": "call", "sid": sid, "fields": {name: str(each[name]) for name in shown if each[name]}}
                for sid, each in calls.items()
            ),
        ]


def app(sandbox: Account) -> Starlette:
    """The control address as an ASGI application."""
    api = Api(sandbox)

    def route(path: str, handler: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(path, api.admitted(handler), methods=list(methods) or ["GET"])

    return Starlette(
        routes=[
            route("/health", api.health),
            route("/numbers", api.numbers),
            route("/calls", api.calls),
            route("/calls", api.place, "POST"),
            route("/calls/{call}/recording", api.control, "POST"),
            route("/calls/{call}/messages", api.messages),
            route("/recordings/{sid}", api.recording, "GET", "DELETE"),
            route("/people/held", api.held, "POST"),
            route("/people/erase", api.erase, "POST"),
        ]
    )
