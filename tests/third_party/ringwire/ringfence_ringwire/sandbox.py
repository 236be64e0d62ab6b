"""A stand-in of Ringwire on loopback: plays calls by the hub's documents, and serves the paths of the API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from hub.api import WebhookRequest
from hub.api.twiml import TwimlStandIn, signed_form, tone

from .dialect import ORIGIN, SIGNATURE

PAGE_SIZE = 50


class Sandbox(TwimlStandIn):
    token = "token of the stand-in of Ringwire"

    def new_sid(self, prefix: str) -> str:
        """Every id is a UUID."""
        return str(UUID(self.next_digest(prefix)[:32]))

    def settings(self) -> dict[str, Any]:
        return {"project": self.account_sid, "token": self.token, "base_url": self.url}

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        return signed_form(url, fields, at, SIGNATURE, self.token)

    def recording_fields(self, recording: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        named, reported = super().recording_fields(recording)
        path = f"/api/projects/{self.account_sid}/recordings/{recording['sid']}"
        url = {"RecordingUrl": (self.url or ORIGIN) + path}
        return named | url, reported | url

    def refuse_calls(self, number: str, why: str) -> None:
        self.refused_numbers[number] = 21210

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, Response
        from starlette.routing import Route

        async def serve(request: Any) -> Response:
            name, _, sid = request.path_params["path"].partition("/")
            credentials = base64.b64encode(f"{self.account_sid}:{self.token}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {credentials}":
                return JSONResponse({"code": 20003, "message": "Authenticate"}, 401)
            if request.method == "GET" and name == "recordings" and sid:
                spoken, seconds = self.audio.get(sid, (None, -1))
                return Response(spoken or tone(seconds), 200 if seconds >= 0 else 404, media_type="audio/x-wav")
            if request.method == "GET":
                return JSONResponse(self._page(name, request.query_params))
            return self._accept(name, parse_qs((await request.body()).decode(), keep_blank_values=True))

        path = f"/api/projects/{self.account_sid}/{{path:path}}"
        return Starlette(routes=[Route(path, serve, methods=["GET", "POST"])])

    def _page(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        listed = list({"calls": self.calls, "recordings": self.held_recordings}[name].values())
        start = int(query.get("start", 0))
        after = start + PAGE_SIZE
        return {name: listed[start:after], "next_path": f"/{name}?start={after}" if after < len(listed) else None}

    def _accept(self, name: str, form: dict[str, list[str]]) -> Any:
        from starlette.responses import JSONResponse

        sender, receiver, report_to = (form[key][0] for key in ("From", "To", "StatusCallback"))
        refused = self.refused_numbers.get(sender) or self.refused_numbers.get(receiver)
        if refused or (sender, receiver) in self.blocked:
            return JSONResponse({"code": refused or 21610, "message": "Refused"}, 400)
        if name == "messages":
            sent = self.send(sender, receiver, form["Body"][0], form.get("MediaUrl", []), report_to)
            return JSONResponse(sent, 201)
        sid = self.new_call_id()
        self.placed[sid] = {key: values[0] for key, values in form.items()}
        return JSONResponse(self.list_call(sid, sender, receiver, self.clock(), "outbound-api"), 201)
