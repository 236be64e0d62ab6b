"""The stand-in of a carrier whose REST API has the format of Twilio's, derived from the plugin's declaration.

It needs the account's credentials and paths, and signs its webhooks.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol
from urllib.parse import parse_qs

from hub.contracts.manifest import Manifest
from hub.contracts.sandbox import Sandbox
from hub.contracts.sandbox_replies import json_reply, reply, routed
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import WebhookRequest
from hub.protocols.twiml.account import list_page, tone
from hub.protocols.twiml.signature import signed_form
from hub.protocols.twiml.stand_in import TwimlStandIn
from hub.protocols.twiml.words import moment
from hub.protocols.twiml_api.rest import TwimlApi

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

REFUSED: Mapping[str, int] = {"caller_id": 21210, "country": 21215, "number": 21217}
DATES: Mapping[str, str] = {"Calls": "start_time", "Recordings": "date_created", "Messages": "date_created"}
NEEDED: Mapping[str, frozenset[str]] = {
    "Calls": frozenset({"From", "To", "Twiml", "StatusCallback"}),
    "Messages": frozenset({"From", "To", "StatusCallback"}),
}
"""The fields of the form that creates one."""


class Declaration(Protocol):
    """What a connector class declares."""

    manifest: ClassVar[Manifest]
    api: ClassVar[TwimlApi]


class TwimlApiStandIn(TwimlStandIn):
    """The carrier, in memory, with one account."""

    carrier: ClassVar[type[Declaration]]

    def begin(self) -> None:
        self.token = self.digest("token")[:40]

    def settings(self) -> JsonObject:
        api = self.carrier.api
        return {api.account: self.account_sid, api.token: self.token, "base_url": self.origin}

    @property
    def origin(self) -> str:
        return self.url or f"https://{self.carrier.manifest.hosts[0]}"

    @property
    def path(self) -> str:
        """The account's path."""
        return self.carrier.api.path.format(account=self.account_sid)

    def new_sid(self, prefix: str) -> str:
        if self.carrier.api.uuids:
            return str(uuid.UUID(self.next_digest(prefix)[:32]))
        return super().new_sid(prefix)

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        return signed_form(url, fields, at, self.carrier.api.signature_header, self.token)

    def list_recording(self, call: str, sender: str, receiver: str, at: datetime, verb: str, channels: int) -> str:
        sid = super().list_recording(call, sender, receiver, at, verb, channels)
        self.held_recordings[sid]["uri"] = f"{self.path}/Recordings/{sid}.json"
        return sid

    def recording_fields(self, recording: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
        named, reported = super().recording_fields(recording)
        url = {"RecordingUrl": f"{self.origin}{self.path}/Recordings/{recording['sid']}"}
        return named | url, reported | url

    def picture_address(self, text: str, picture: str) -> str:
        return f"{self.origin}{self.path}/Messages/{text}/Media/{picture}"

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        self.refused_numbers[number] = REFUSED[why]

    def app(self) -> Any:
        return routed([(f"{self.path}/{{path:path}}", self._serve, ["GET", "POST", "DELETE"])])

    async def _serve(self, request: Request) -> Response:
        basic = base64.b64encode(f"{self.account_sid}:{self.token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return json_reply({"code": 20003, "message": "Authenticate"}, 401)
        resource, _, rest = request.path_params["path"].removesuffix(".json").partition("/")
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        if request.method == "GET" and not rest and resource in DATES:
            return self._list(request, resource)
        if request.method == "POST" and not rest and resource in NEEDED:
            return self._create(resource, form)
        if resource == "Recordings" and rest.removesuffix(".wav") in self.held_recordings:
            return self._one_recording(request.method, rest.removesuffix(".wav"))
        if request.method == "GET" and resource == "Messages" and rest.endswith("/Media"):
            held = [{"sid": each} for each, (text, _) in self.media.items() if text == rest.partition("/")[0]]
            return json_reply({"media_list": held})
        if request.method == "GET" and resource == "Messages" and rest.rpartition("/")[2] in self.media:
            return reply(self.media[rest.rpartition("/")[2]][1], media_type="image/png")
        return json_reply({"code": 20404, "message": "The resource was not found"}, 404)

    def _list(self, request: Request, resource: str) -> Response:
        known = {"Calls": self.calls, "Recordings": self.held_recordings, "Messages": self.messages}[resource]
        since = request.query_params.get(self.carrier.api.since[resource])
        items = [
            item
            for item in known.values()
            if since is None or moment(item[DATES[resource]], "date") >= moment(since, "since")
        ]
        return json_reply(list_page(request.url.path, request.query_params, resource.lower(), items))

    def _create(self, resource: str, form: Mapping[str, Sequence[str]]) -> Response:
        if not NEEDED[resource] <= form.keys() or not (form.keys() & {"Body", "MediaUrl", "Twiml"}):
            return json_reply({"code": 21201, "message": "A field is missing"}, 400)
        sender, receiver = form["From"][0], form["To"][0]
        refused = self.refused_numbers.get(sender) or self.refused_numbers.get(receiver)
        if resource == "Messages" and (sender, receiver) in self.blocked:
            refused = self.carrier.api.opted_out
        if refused:
            return json_reply({"code": int(refused), "message": "Refused"}, 400)
        if resource == "Messages":
            body, media = form.get("Body", [""])[0], form.get("MediaUrl", [])
            return json_reply(self.send(sender, receiver, body, media, form["StatusCallback"][0]), 201)
        sid = self.new_call_id()
        self.placed[sid] = {name: values[0] for name, values in form.items()}
        return json_reply(self.list_call(sid, sender, receiver, self.clock(), "outbound-api"), 201)

    def _one_recording(self, method: str, sid: str) -> Response:
        if method == "DELETE":
            del self.held_recordings[sid]
            return reply(status=204)
        spoken, seconds = self.audio.get(sid, (None, 1))
        return reply(spoken or tone(seconds), media_type="audio/x-wav")


def stand_in_of(carrier: type[Declaration]) -> type[Sandbox]:
    """The derived stand-in of a connector class, in the name of its module."""
    return type("Sandbox", (TwimlApiStandIn,), {"carrier": carrier, "__module__": carrier.__module__})
