"""The fake's texts, pictures and recordings over its REST API."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hub.api.twiml import tone
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.errors import TwilioError, fields, form, one, page, within

CONTROLS = {"paused": "pause", "in-progress": "resume"}


class Texts:
    """Texts of both directions, and the pictures that came with them."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def list_or_send(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._send(request)
        query = request.query_params
        shown = [
            message
            for message in self.sandbox.messages.values()
            if query.get("To") in (None, message["to"])
            and query.get("From") in (None, message["from"])
            and within(message["date_sent"] or message["date_created"], query, "DateSent")
        ]
        return page(request, "messages", shown)

    async def _send(self, request: Request) -> Response:
        pairs = await fields(request)
        given, media = dict(pairs), [value for name, value in pairs if name == "MediaUrl"]
        sender, receiver, body = given.get("From", ""), given.get("To", ""), given.get("Body", "")
        if (sender, receiver) in self.sandbox.blocked:
            raise TwilioError(21610)
        shown = self.sandbox.send(sender, receiver, body, media, given.get("StatusCallback"))
        return JSONResponse(shown, status_code=201)

    async def one(self, request: Request) -> Response:
        """A text; its pictures are deleted with it."""
        sid = request.path_params["sid"]
        shown = one(request, self.sandbox.messages, sid)
        if request.method == "DELETE":
            for held in [held for held, (text, _) in self.sandbox.media.items() if text == sid]:
                del self.sandbox.media[held]
        return shown

    async def pictures(self, request: Request) -> Response:
        """The list of a text's pictures."""
        sid = request.path_params["sid"]
        if sid not in self.sandbox.messages:
            raise TwilioError(20404)
        address = f"{self.sandbox.path}/Messages/{sid}/Media"
        shown = [
            {
                "sid": held,
                "account_sid": self.sandbox.account_sid,
                "parent_sid": sid,
                "content_type": "image/png",
                "date_created": self.sandbox.messages[sid]["date_created"],
                "date_updated": self.sandbox.messages[sid]["date_updated"],
                "uri": f"{address}/{held}.json",
            }
            for held, (text, _) in self.sandbox.media.items()
            if text == sid
        ]
        return page(request, "media_list", shown)

    async def picture(self, request: Request) -> Response:
        """A picture's address: Twilio redirects to its host for pictures, for a few hours."""
        text, sid = request.path_params["sid"], request.path_params["media"]
        if self.sandbox.media.get(sid, ("", b""))[0] != text:
            raise TwilioError(20404)
        if request.method == "DELETE":
            del self.sandbox.media[sid]
            return Response(status_code=204)
        return RedirectResponse(f"{self.sandbox.origin}/pictures/{sid}", status_code=307)

    async def picture_file(self, request: Request) -> Response:
        """The host for pictures, which needs no credentials."""
        _, data = self.sandbox.media.get(request.path_params["media"], ("", b""))
        return Response(data, media_type="image/png") if data else Response(status_code=403)


class Recordings:
    """Recordings: list, download, delete, and pause during the call."""

    def __init__(self, sandbox: Account) -> None:
        self.sandbox = sandbox

    async def list(self, request: Request) -> Response:
        call_sid = request.path_params.get("call") or request.query_params.get("CallSid")
        shown = [
            recording
            for recording in self.sandbox.held_recordings.values()
            if within(recording["date_created"], request.query_params, "DateCreated")
            and call_sid in (None, recording["call_sid"])
        ]
        shown.sort(key=lambda recording: parsedate_to_datetime(recording["date_created"]), reverse=True)
        return page(request, "recordings", shown)

    async def one(self, request: Request) -> Response:
        sid, _, extension = request.path_params["file"].partition(".")
        if extension == "json":
            return one(request, self.sandbox.held_recordings, sid)
        if sid not in self.sandbox.held_recordings or extension not in ("", "wav") or sid not in self.sandbox.audio:
            raise TwilioError(20404)
        spoken, seconds = self.sandbox.audio[sid]
        return Response(spoken or tone(seconds), media_type="audio/x-wav")

    async def control(self, request: Request) -> Response:
        """Pause or resume a call's recording, by its id or as `Twilio.CURRENT`."""
        call, name = request.path_params["call"], request.path_params["file"].removesuffix(".json")
        status = (await form(request)).get("Status", "")
        going = [
            recording
            for recording in self.sandbox.held_recordings.values()
            if recording["call_sid"] == call
            and recording["status"] in ("in-progress", "paused")
            and name in ("Twilio.CURRENT", recording["sid"])
        ]
        if not going:
            raise TwilioError(20404)
        going[-1]["status"] = status
        self.sandbox.recorded_controls.setdefault(call, []).append(CONTROLS[status])  # type: ignore[arg-type]
        shown = {name: value for name, value in going[-1].items() if name not in ("media_url", "subresource_uris")}
        return JSONResponse(shown | {"track": "both"})
