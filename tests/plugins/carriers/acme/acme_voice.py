"""Acme Voice, an invented carrier that speaks TwiML: how small a carrier is on the dialect, its stand-in included.

Set up: write `account_sid` and `token` into config.yaml, and point the numbers' addresses at the hub by hand. Limits: a text
has at most 1,600 characters. Fields: those of Twilio's webhooks. A sent text and a placed call cannot be undone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    BadPayload,
    BadSignature,
    CallEvent,
    ConnectionReport,
    DataFlow,
    Deletion,
    Manifest,
    PluginSettings,
    Provider,
    Receipt,
    Recipient,
    Rejected,
    RetryLater,
    Share,
    WebhookRequest,
    hookimpl,
)
from hub.api.carriers import CallBack, OutboundText, RecordingAudio, receipt
from hub.api.twiml import (
    TEXT_STATUS_PATH,
    USER_LEG,
    CallListReader,
    TwimlCarrier,
    TwimlStandIn,
    TwimlWebhook,
    address_at,
    call_families,
    form_fields,
    identifier,
    is_signed,
    list_page,
    moment,
    recording_event,
    signed_form,
    signed_text,
    tone,
    whole_seconds,
)

SIGNATURE = "x-acme-signature"
ORIGIN = "https://api.acme-voice.example.com"
ACME = Provider(
    name="Acme Voice",
    remedy="check account_sid and token",
    details=lambda refusal: (str(refusal.body.get("code") or refusal.status), str(refusal.body.get("message") or "")),
)


class AcmeSettings(PluginSettings):
    account_sid: str = Field(description="The account.", pattern=r"^AC[0-9a-f]{32}$")
    token: SecretStr = Field(description="The token that signs in and signs the webhooks.")
    base_url: str = Field(default=ORIGIN, description="Acme's API.", pattern=r"^https?://[^/?#@]+$")


def flow(hook: str, use: str, *fields: str) -> DataFlow:
    return DataFlow(hook=hook, use=f"essential.service.{use}", shares=tuple(Share(field=field) for field in fields))


class AcmeVoice(TwimlCarrier):
    manifest = Manifest(
        name="acme_voice",
        kind="carrier",
        version="1.0.0",
        title="Acme Voice",
        summary="Acme Voice: calls, recordings and texts.",
        recipient=Recipient(
            name="Acme Voice Inc.", role="processor", privacy_url="https://acme-voice.example.com/privacy"
        ),
        regions=("US",),
        hosts=("api.acme-voice.example.com",),
        retention="until the account is closed",
        flows=(
            flow("send_text", "notifications.sms", "recipient_number", "body", "media_urls"),
            flow("place_call", "call_back", "user_number", "person_number"),
        ),
        deletion=Deletion(supported=False, note="Ask Acme's support; recordings are deleted by the hub."),
        auth=Auth(kind="basic"),
        abilities=("call_back", "dial", "dial_several", "gather", "message", "play", "record", "say", "whisper"),
    )
    Settings = AcmeSettings
    settings: AcmeSettings

    def account(self) -> str:
        return self.settings.account_sid

    def check_signature(self, request: WebhookRequest) -> bytes:
        try:
            fields = form_fields(request.body)
        except BadPayload as error:
            raise BadSignature(str(error)) from error
        if not is_signed(
            request.url, fields, request.headers.get(SIGNATURE, ""), [self.settings.token.get_secret_value()]
        ):
            raise BadSignature("the webhook is not signed with this account's token.")
        return signed_text(request.url, fields)

    def origins(self) -> Sequence[str]:
        return (self.settings.base_url, ORIGIN)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        url = f"{self.settings.base_url}/api/Accounts/{self.account()}{path}"
        options |= {"auth": (self.account(), self.settings.token.get_secret_value())}
        return self.services.send(ACME, method, url, **options)

    def _create(self, path: str, form: Mapping[str, Any], key: str) -> Receipt:
        def send() -> str:
            answer = self._ask("POST", path, data=form, once=True)
            try:
                return str(answer.json()["sid"])
            except (ValueError, KeyError, TypeError) as error:
                raise BadPayload("Acme answered without an id.") from error

        return receipt(key, "Acme", send, {}, "21610")

    def _listed(self, name: str, since: datetime) -> list[Mapping[str, Any]]:
        listed: list[Mapping[str, Any]] = []
        query: dict[str, str] | None = {"Since": since.isoformat(), "PageSize": "1000"}
        try:
            while query is not None:
                page = self._ask("GET", f"/{name}.json", params=query).json()
                listed += page[name.lower()]
                following = page["next_page_uri"]
                query = dict(parse_qsl(urlsplit(following).query)) if following else None
            return listed
        except (ValueError, KeyError, TypeError) as error:
            raise RetryLater("Acme did not return a list.") from error

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        reader = CallListReader("Acme Voice", TwimlWebhook.call_id_form, self._recording, self.services.log)
        return reader.events(
            call_families(self._listed("Calls", since)), self._listed("Recordings", since), "call_sid", since
        )

    def _recording(self, item: Mapping[str, Any], call_id: str, number: str) -> CallEvent:
        sid, at = (
            identifier(TwimlWebhook.recording_id_form, item.get("sid"), "sid"),
            moment(item.get("date_updated"), "date"),
        )
        url = f"{self.settings.base_url}/api/Accounts/{self.account()}/Recordings/{sid}.wav"
        seconds = whole_seconds(item.get("duration"), "duration")
        return recording_event(item.get("source"), call_id, at, sid, url, seconds, number)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        try:
            address_at(url, self.origins(), "Acme Voice")
            sid = identifier(TwimlWebhook.recording_id_form, recording_id, "the recording's id")
        except BadPayload as error:
            raise Rejected(str(error)) from error
        answer = self._ask("GET", f"/Recordings/{sid}.wav")
        if not answer.headers.get("content-type", "").startswith("audio/"):
            raise RetryLater("Acme did not return audio.")
        return RecordingAudio(content_type="audio/x-wav", data=answer.content)

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        form = {
            "To": call.user_number,
            "From": call.tracking_number,
            "Twiml": self.connect(call),
            "StatusCallback": report_to,
        }
        return self._create("/Calls.json", form, call.key)

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        report_to = f"{self.services.webhook_url}/{TEXT_STATUS_PATH}"
        form = {"To": text.recipient_number, "From": text.sender, "Body": text.body, "StatusCallback": report_to}
        return self._create("/Messages.json", form | {"MediaUrl": list(text.media_urls)}, text.key)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        self._listed("Calls", self.services.clock())
        return ConnectionReport(ok=True, detail="Acme Voice answers.")


class Sandbox(TwimlStandIn):
    token = "acme token of the stand-in"

    def settings(self) -> dict[str, Any]:
        return {"account_sid": self.account_sid, "token": self.token, "base_url": self.url}

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        return signed_form(url, fields, at, SIGNATURE, self.token)

    def recording_fields(self, recording: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        named, told = super().recording_fields(recording)
        url = {"RecordingUrl": f"{self.url or ORIGIN}/Recordings/{recording['sid']}"}
        return named | url, told | url

    def refuse_calls(self, number: str, why: str) -> None:
        self.refused_numbers[number] = 21210

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, Response
        from starlette.routing import Route

        async def serve(request: Any) -> Response:
            name = request.path_params["path"].partition(".")[0]
            form = parse_qs((await request.body()).decode(), keep_blank_values=True)
            basic = base64.b64encode(f"{self.account_sid}:{self.token}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {basic}":
                return JSONResponse({"code": 20003, "message": "Authenticate"}, 401)
            if name.startswith("Recordings/"):
                spoken, seconds = self.audio.get(name.partition("/")[2], (None, -1))
                return Response(spoken or tone(seconds), 200 if seconds >= 0 else 404, media_type="audio/x-wav")
            if request.method == "GET":
                held = list({"Calls": self.calls, "Recordings": self.held_recordings}[name].values())
                return JSONResponse(list_page(request.url.path, request.query_params, name.lower(), held))
            sender, receiver, report_to = (form[key][0] for key in ("From", "To", "StatusCallback"))
            refused = self.refused_numbers.get(sender) or self.refused_numbers.get(receiver)
            if refused or (sender, receiver) in self.blocked:
                return JSONResponse({"code": refused or 21610, "message": "Refused"}, 400)
            if name == "Messages":
                media = form.get("MediaUrl", [])
                return JSONResponse(self.send(sender, receiver, form["Body"][0], media, report_to), 201)
            sid = self.new_call_id()
            self.placed[sid] = {key: values[0] for key, values in form.items()}
            return JSONResponse(self.list_call(sid, sender, receiver, self.clock(), "outbound-api"), 201)

        path = f"/api/Accounts/{self.account_sid}/{{path:path}}"
        return Starlette(routes=[Route(path, serve, methods=["GET", "POST"])])
