"""The fake's texts and recordings over its REST API, and the storage that holds audio and pictures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import JsonObject
from hub.api.twiml import tone
from plugins.carriers.telnyx.sandbox import messages
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body, page


class Media:
    """Texts, message records, recordings and their files."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def send(self, request: Request) -> Response:
        wanted = await body(request)
        sender, receiver = wanted.get("from"), wanted.get("to")
        if (sender, receiver) in self.sandbox.blocked:
            raise TelnyxError("40300", src=str(sender), dst=str(receiver))
        key = request.headers.get("idempotency-key", "")
        if not key or key not in self.sandbox.sent_keys:
            shown = messages.outgoing(self.sandbox, wanted)
            self.sandbox.messages[shown["id"]] = shown
            self.sandbox.sent_keys[key] = shown["id"]
        return JSONResponse({"data": self.sandbox.messages[self.sandbox.sent_keys[key]]})

    async def message(self, request: Request) -> Response:
        found = self.sandbox.messages.get(request.path_params["id"])
        if found is None:
            raise TelnyxError("10005")
        # Only a webhook says how Telnyx read the text.
        return JSONResponse({"data": {name: found[name] for name in found if name != "autoresponse_type"}})

    async def detail_records(self, request: Request) -> Response:
        query = request.query_params
        records = [messages.detail_record(one) for one in self.sandbox.messages.values()]
        return page(
            request,
            [
                one
                for one in records
                if query.get("filter[cli]") in (None, one["cli"])
                and query.get("filter[cld]") in (None, one["cld"])
                and query.get("filter[direction]") in (None, one["direction"])
                and one["created_at"] >= query.get("filter[created_at][gte]", "")
            ],
        )

    # Recordings

    async def recordings(self, request: Request) -> Response:
        query = request.query_params
        since = query.get("filter[created_at][gte]", "")
        found = [
            one
            for one in map(self._shown, self._ready())
            if one["created_at"] >= since
            and query.get("filter[from]") in (None, one["from"])
            and query.get("filter[to]") in (None, one["to"])
            and query.get("filter[call_control_id]") in (None, one["call_control_id"])
        ]
        return page(request, sorted(found, key=lambda one: str(one["created_at"]), reverse=True))

    async def recording(self, request: Request) -> Response:
        held = {one["sid"]: one for one in self._ready()}.get(request.path_params["id"])
        if held is None:
            raise TelnyxError("10005")
        shown = self._shown(held)
        if request.method == "DELETE":
            del self.sandbox.held_recordings[held["sid"]]
        return JSONResponse({"data": shown})

    def _ready(self) -> list[JsonObject]:
        return [one for one in self.sandbox.held_recordings.values() if one["status"] == "completed"]

    def _shown(self, held: JsonObject) -> JsonObject:
        link = f"{self.sandbox.origin}/storage/recordings/{held['sid']}.wav?X-Amz-Expires=600&X-Amz-Signature=fresh"
        return {
            "id": held["sid"],
            "record_type": "recording",
            "call_control_id": held["call_sid"],
            "call_leg_id": held["call_sid"],
            "call_session_id": held["call_sid"],
            "connection_id": self.sandbox.application_id,
            "channels": "single" if held["channels"] == 1 else "dual",
            "source": "call",
            "status": "completed",
            "initiated_by": held["source"],
            "from": held["from"],
            "to": held["to"],
            "recording_started_at": held["start_time"],
            "recording_ended_at": held["end_time"],
            "created_at": held["date_updated"],
            "updated_at": held["date_updated"],
            "duration_millis": int(held["duration"]) * 1000,
            "download_urls": {"wav": link},
        }

    # The storage

    async def audio(self, request: Request) -> Response:
        """The audio of a recording. As with S3, a second permission in the headers is refused."""
        if request.headers.get("authorization"):
            return Response("Only one auth mechanism allowed", status_code=400)
        spoken, seconds = self.sandbox.audio.get(request.path_params["id"], (None, -1))
        signed = request.query_params.get("X-Amz-Signature")
        if seconds < 0 or not signed or request.path_params["id"] not in self.sandbox.held_recordings:
            return Response(status_code=403)
        return Response(spoken or tone(seconds), media_type="binary/octet-stream")

    async def picture(self, request: Request) -> Response:
        data = self.sandbox.media.get(request.path_params["id"])
        if data is None or request.headers.get("authorization"):
            return Response(status_code=403)
        return Response(data, media_type="image/png")
