"""The stand-in of a carrier whose REST API has the format of Twilio's, derived from the plugin's declaration.

It needs the account's credentials and paths, and signs its webhooks.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol
from urllib.parse import parse_qsl

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
from hub.protocols.twiml_api.stand_in_numbers import NumberPaths

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from hub.protocols.twiml_api.stand_in_numbers import Answer, Form, Route

REFUSED: Mapping[str, int] = {"caller_id": 21210, "country": 21215, "number": 21217}
DATES: Mapping[str, str] = {"Calls": "start_time", "Recordings": "date_created", "Messages": "date_created"}
FILTERS: Mapping[str, str] = {"From": "from", "To": "to", "ParentCallSid": "parent_call_sid", "CallSid": "call_sid"}
"""Parameter of a list → the field that it compares."""
HELD = frozenset(
    {"audio", "calls", "heard", "held_recordings", "media", "messages", "numbers", "placed", "signing", "token"}
)
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
    """The carrier, in memory, with one account.

    What it holds is `calls`, `messages`, `media`, `held_recordings` and `numbers`, by id and as the API shows them: change
    their items, and give the attributes of your own stand-in other names.
    """

    carrier: ClassVar[type[Declaration]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if taken := sorted(HELD & cls.__dict__.keys()):
            raise TypeError(f"{cls.__name__}.{taken[0]}: the stand-in itself holds {taken[0]}; use another name")

    def begin(self) -> None:
        self.token = self.digest("token")[:40]
        self.signing = self.digest("signing")[:40] if self.carrier.api.signing else self.token

    def settings(self) -> JsonObject:
        api = self.carrier.api
        secrets = {api.signing_setting: self.signing, api.token: self.token}
        return {api.account: self.account_sid, **secrets, "base_url": self.origin}

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
        return signed_form(url, fields, at, self.carrier.api.signature_header, self.signing)

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

    def held_ids(self) -> Sequence[str]:
        return super().held_ids()

    def know_number(self, number: str) -> None:
        if number not in [item["phone_number"] for item in self.numbers.values()]:
            NumberPaths(self).own({"PhoneNumber": number})

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        self.refused_numbers[number] = REFUSED[why]

    def paths(self) -> Sequence[Route]:
        """What else the carrier serves below the account, before what follows from the declaration: path (as
        `Queues/{sid}.json`), function and methods. The function gets the request and its form, and is asked only with the
        account's credentials."""
        return ()

    def app(self) -> Any:
        readable, removable = ["GET"], ["GET", "DELETE"]
        numbers = NumberPaths(self)
        served: Sequence[Route] = (
            *self.paths(),
            ("AvailablePhoneNumbers/{country}/{kind}.json", numbers.search, readable),
            ("IncomingPhoneNumbers.json", numbers.list_or_buy, ["GET", "POST"]),
            ("IncomingPhoneNumbers/{sid}.json", numbers.one, ["POST", "DELETE"]),
            ("Messages/{text}/Media.json", self._pictures, readable),
            ("Messages/{text}/Media/{sid}", self._picture, removable),
            ("Recordings/{sid}.wav", self._audio, readable),
            ("{resource}/{sid}.json", self._one, removable),
            ("Recordings/{sid}", self._audio, readable),
            ("{resource}.json", self._list_or_create, ["GET", "POST"]),
        )
        return routed([(f"{self.path}/{path}", self._signed_in(answer), methods) for path, answer, methods in served])

    def _signed_in(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        basic = base64.b64encode(f"{self.account_sid}:{self.token}".encode()).decode()

        async def serve(request: Request) -> Response:
            from starlette.datastructures import ImmutableMultiDict

            if request.headers.get("authorization") != f"Basic {basic}":
                return json_reply({"code": 20003, "message": "Authenticate"}, 401)
            form = ImmutableMultiDict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            return answer(request, form)

        return serve

    def not_found(self) -> Response:
        """The reply for a resource that does not exist."""
        code = self.carrier.api.not_found
        return json_reply(
            {"code": int(code) if code.isdecimal() else code, "message": "The resource was not found"}, 404
        )

    def _list_or_create(self, request: Request, form: Form) -> Response:
        resource = request.path_params["resource"]
        if request.method == "POST":
            return self._create(resource, form) if resource in NEEDED else self.not_found()
        if resource not in DATES:
            return self.not_found()
        query = request.query_params
        since = query.get(self.carrier.api.since[resource])
        items = [
            item
            for item in self._known(resource).values()
            if (since is None or moment(item[DATES[resource]], "date") >= _since(since))
            and all(query.get(name) in (None, item.get(field)) for name, field in FILTERS.items())
        ]
        return json_reply(list_page(request.url.path, query, resource.lower(), items))

    def _known(self, resource: str) -> dict[str, JsonObject]:
        return {"Calls": self.calls, "Recordings": self.held_recordings, "Messages": self.messages}.get(resource, {})

    def _one(self, request: Request, form: Form) -> Response:
        known, sid = self._known(request.path_params["resource"]), request.path_params["sid"]
        if sid not in known:
            return self.not_found()
        if request.method == "GET":
            return json_reply(known[sid])
        del known[sid]
        return reply(status=204)

    def _pictures(self, request: Request, form: Form) -> Response:
        of_text = request.path_params["text"]
        return json_reply({"media_list": [{"sid": each} for each, (text, _) in self.media.items() if text == of_text]})

    def _picture(self, request: Request, form: Form) -> Response:
        sid = request.path_params["sid"]
        if sid not in self.media:
            return self.not_found()
        if request.method == "GET":
            return reply(self.media[sid][1], media_type="image/png")
        del self.media[sid]
        return reply(status=204)

    def _audio(self, request: Request, form: Form) -> Response:
        sid = request.path_params["sid"]
        if sid not in self.held_recordings:
            return self.not_found()
        spoken, seconds = self.audio.get(sid, (None, 1))
        return reply(spoken or tone(seconds), media_type="audio/x-wav")

    def _create(self, resource: str, form: Form) -> Response:
        if not NEEDED[resource] <= form.keys() or not (form.keys() & {"Body", "MediaUrl", "Twiml"}):
            return json_reply({"code": 21201, "message": "A field is missing"}, 400)
        sender, receiver = form["From"], form["To"]
        refused = self.refused_numbers.get(sender) or self.refused_numbers.get(receiver)
        if resource == "Messages" and (sender, receiver) in self.blocked:
            refused = self.carrier.api.opted_out
        if refused:
            return json_reply({"code": int(refused), "message": "Refused"}, 400)
        if resource == "Messages":
            body, media = form.get("Body", ""), form.getlist("MediaUrl")
            return json_reply(self.send(sender, receiver, body, media, form["StatusCallback"]), 201)
        sid = self.new_call_id()
        self.placed[sid] = {name: form.getlist(name)[0] for name in form}
        return json_reply(self.list_call(sid, sender, receiver, self.clock(), "outbound-api"), 201)


def _since(text: str) -> datetime:
    """A list's parameter; a day is its midnight in UTC."""
    return moment(f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text, "since")


def stand_in_of(carrier: type[Declaration]) -> type[Sandbox]:
    """The derived stand-in of a connector class, in the name of its module."""
    return type("Sandbox", (TwimlApiStandIn,), {"carrier": carrier, "__module__": carrier.__module__})
