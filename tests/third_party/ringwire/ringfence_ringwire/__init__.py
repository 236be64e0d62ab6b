"""Ringwire, an invented carrier whose calls are steered by TwiML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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
    Webhooks,
    hookimpl,
)
from hub.api.carriers import CallBack, OutboundText, RecordingAudio, receipt
from hub.api.twiml import (
    TEXT_STATUS_PATH,
    USER_LEG,
    CallListReader,
    TwimlCarrier,
    address_at,
    call_families,
    form_fields,
    identifier,
    is_signed,
    moment,
    recording_event,
    signed_text,
    whole_seconds,
)

from .dialect import ORIGIN, SIGNATURE, RingwireWebhook

RINGWIRE = Provider(
    name="Ringwire",
    remedy="check project and token",
    details=lambda refusal: (str(refusal.body.get("code") or refusal.status), str(refusal.body.get("message") or "")),
)


class Settings(PluginSettings):
    project: str = Field(description="The project's id, a UUID.", pattern="^[0-9a-f-]{36}$")
    token: SecretStr = Field(description="The token that signs in and signs the webhooks.")
    base_url: str = Field(default=ORIGIN, description="Where the API is.", pattern=r"^https?://[^/?#@]+$")


def flow(hook: str, use: str, *fields: str) -> DataFlow:
    return DataFlow(hook=hook, use=f"essential.service.{use}", shares=tuple(Share(field=field) for field in fields))


class Ringwire(TwimlCarrier):
    manifest = Manifest(
        name="ringwire",
        kind="carrier",
        version="1.0.0",
        title="Ringwire",
        summary="Ringwire: calls, recordings and texts.",
        recipient=Recipient(name="Ringwire Inc.", role="processor", privacy_url="https://ringwire.example.com/privacy"),
        regions=("US",),
        hosts=("api.ringwire.example.com",),
        retention="until the project is closed",
        flows=(
            flow("send_text", "notifications.sms", "recipient_number", "body", "media_urls"),
            flow("place_call", "call_back", "user_number", "person_number"),
        ),
        deletion=Deletion(supported=False, note="Ask Ringwire's support; the hub deletes recordings."),
        auth=Auth(kind="basic"),
        abilities=("call_back", "dial", "dial_several", "gather", "message", "play", "record", "say", "whisper"),
        webhooks=Webhooks(signature_header=SIGNATURE),
    )
    Settings = Settings
    settings: Settings
    webhook = RingwireWebhook

    def account(self) -> str:
        return self.settings.project

    def check_signature(self, request: WebhookRequest) -> bytes:
        try:
            fields = form_fields(request.body)
        except BadPayload as error:
            raise BadSignature(str(error)) from error
        claimed, token = request.headers.get(SIGNATURE, ""), self.settings.token.get_secret_value()
        if not is_signed(request.url, fields, claimed, [token]):
            raise BadSignature("the webhook is not signed with this project's token.")
        return signed_text(request.url, fields)

    def origins(self) -> Sequence[str]:
        return (self.settings.base_url, ORIGIN)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        url = f"{self.settings.base_url}/api/projects/{self.account()}{path}"
        auth = (self.account(), self.settings.token.get_secret_value())
        return self.services.send(RINGWIRE, method, url, auth=auth, **options)

    def _create(self, path: str, form: Mapping[str, Any], key: str) -> Receipt:
        def send() -> str:
            answer = self._ask("POST", path, data=form, once=True)
            try:
                return str(answer.json()["sid"])
            except (ValueError, KeyError, TypeError) as error:
                raise BadPayload("Ringwire answered without an id.") from error

        return receipt(key, "Ringwire", send, {}, "21610")

    def _listed(self, name: str, since: datetime) -> list[Mapping[str, Any]]:
        """All pages of a list; the address of the next one is a path."""
        found: list[Mapping[str, Any]] = []
        params: Mapping[str, str] | None = {"Since": since.isoformat(), "PageSize": "500"}
        path: str | None = f"/{name}"
        try:
            while path:
                page = self._ask("GET", path, params=params).json()
                found += page[name]
                path, params = page["next_path"], None
        except (ValueError, KeyError, TypeError) as error:
            raise RetryLater("Ringwire did not return a list.") from error
        return found

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        reader = CallListReader("Ringwire", self.webhook.call_id_form, self._recording, self.services.log)
        calls, recordings = self._listed("calls", since), self._listed("recordings", since)
        return reader.events(call_families(calls), recordings, "call_sid", since)

    def _recording(self, item: Mapping[str, Any], call_id: str, number: str) -> CallEvent:
        sid = identifier(self.webhook.recording_id_form, item.get("sid"), "sid")
        at, seconds = moment(item.get("date_updated"), "date"), whole_seconds(item.get("duration"), "duration")
        url = f"{self.settings.base_url}/api/projects/{self.account()}/recordings/{sid}"
        return recording_event(item.get("source"), call_id, at, sid, url, seconds, number)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        try:
            address_at(url, self.origins(), "Ringwire")
            sid = identifier(self.webhook.recording_id_form, recording_id, "the recording's id")
        except BadPayload as error:
            raise Rejected(str(error)) from error
        answer = self._ask("GET", f"/recordings/{sid}")
        if not answer.headers.get("content-type", "").startswith("audio/"):
            raise RetryLater("Ringwire did not return audio.")
        return RecordingAudio(content_type="audio/x-wav", data=answer.content)

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        form = {"To": call.user_number, "From": call.tracking_number, "Twiml": self.connect(call)}
        return self._create("/calls", form | {"StatusCallback": report_to}, call.key)

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        form = {"To": text.recipient_number, "From": text.sender, "Body": text.body, "MediaUrl": list(text.media_urls)}
        report_to = f"{self.services.webhook_url}/{TEXT_STATUS_PATH}"
        return self._create("/messages", form | {"StatusCallback": report_to}, text.key)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        self._listed("calls", self.services.clock())
        return ConnectionReport(ok=True, detail="Ringwire answers.")
