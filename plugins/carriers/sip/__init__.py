"""A line of your own: a SIP trunk, answered by a gateway of ours that does every step of a call flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.api import (
    USER_LEG,
    Auth,
    BadPayload,
    BadSignature,
    CallBack,
    CallEvent,
    CompanionProcess,
    ConnectionReport,
    DataFlow,
    Deletion,
    Erasure,
    HeldRecord,
    Manifest,
    NumberSetup,
    OwnedNumber,
    PersonReference,
    Receipt,
    Recipient,
    RecordingAudio,
    RecordingControl,
    Rejected,
    Share,
    TwimlCarrier,
    WebhookRequest,
    Webhooks,
    hookimpl,
    identifier,
)
from hub.api import Services as Services
from plugins.carriers.sip import calls, health, recordings
from plugins.carriers.sip.companion import companion
from plugins.carriers.sip.control import Control, items
from plugins.carriers.sip.settings import SipSettings
from plugins.carriers.sip.signature import HEADER, is_signed
from plugins.carriers.sip.translate import SipTwiml, SipWebhook


class Sip(TwimlCarrier):
    """One SIP trunk with its gateways as a carrier."""

    manifest = Manifest(
        name="sip",
        kind="carrier",
        version="0.1.0",
        title="SIP trunk",
        summary="A SIP trunk of your own, answered by a gateway on your machine: calls, recordings, call-backs.",
        recipient=Recipient(name="the operator of your SIP trunk", role="independent_controller"),
        network_library="the gateway's SIP engine",
        retention="at the gateway: calls 30 days, recordings until they are deleted, at most keep_recordings_days; at the "
        "trunk's operator: what its contract and the law say",
        webhooks=Webhooks(signature_header=HEADER),
        flows=(
            DataFlow(
                hook="place_call",
                use="essential.service.call_back",
                shares=(Share(field="user_number"), Share(field="person_number")),
            ),
            DataFlow(hook="export_person", use="essential.legal_obligation", shares=(Share(field="phone_numbers"),)),
            DataFlow(hook="erase_person", use="essential.legal_obligation", shares=(Share(field="phone_numbers"),)),
        ),
        deletion=Deletion(
            supported=True,
            note="The gateway deletes its calls and recordings at once. The trunk's operator keeps records of calls for its "
            "bills and by law; ask it.",
        ),
        auth=Auth(kind="api_key"),
        abilities=(
            "call_back",
            "dial",
            "dial_several",
            "end_recording",
            "gather",
            "gather_hash",
            "message",
            "play",
            "record",
            "say",
            "whisper",
        ),
    )
    Settings = SipSettings
    settings: SipSettings
    language = SipTwiml
    webhook = SipWebhook

    def __init__(self, name: str, settings: SipSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        self._control = Control(settings, services)

    def check_signature(self, request: WebhookRequest) -> bytes:
        """The address and the body, if a gateway signed them."""
        given = request.headers.get(HEADER, "")
        if not is_signed(self.settings.secrets, request.received_at, request.method, request.url, request.body, given):
            raise BadSignature(
                "the webhook is not signed by a gateway of this connector; check secret, public_url and both clocks."
            )
        return request.url.encode("utf-8", "surrogatepass") + request.body

    def account(self) -> str:
        """The connector's name."""
        return self.name

    def origins(self) -> Sequence[str]:
        """The gateways, which serve their recordings."""
        return self._control.gateways

    @hookimpl
    def companion_process(self, number: int) -> CompanionProcess | None:
        """The gateway with this number."""
        return companion(self.name, self.settings, self.services.webhook_url, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """The numbers for which the gateway takes calls."""
        shown = items(self._control.first(lambda gateway: self._control.json(gateway, "GET", "/numbers")), "numbers")
        return [self._owned(str(each.get("number"))) for each in shown]

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Nothing to set: the gateway asks the hub about every call on the numbers of config.yaml."""
        if setup.number not in self.settings.numbers:
            raise Rejected(f"{setup.number} is not among the numbers of connector {self.name!r}; add it to `numbers`.")
        return self._owned(setup.number)

    def _owned(self, number: str) -> OwnedNumber:
        below = self.services.webhook_url
        return OwnedNumber(
            number=number,
            provider_id=number,
            voice_url=f"{below}/voice",
            fallback_url=f"{below}/fallback",
            status_url=f"{below}/status",
        )

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once."""
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        return calls.place(self._control, call, self.connect(call), report_to)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from the gateways' own journals, with their recordings."""
        return calls.listed(self._control, since, self.services.log)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording as WAV."""
        return recordings.fetch(self._control, self._id("RE", recording_id), url)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at the gateway that has it."""
        recordings.delete(self._control, self._id("RE", recording_id))

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume. The pause is silence in the audio, so that its times stay right."""
        recordings.control(self._control, self._id("CA", call_id), control)

    def _id(self, kind: str, text: str) -> str:
        form = SipWebhook.recording_id_form if kind == "RE" else SipWebhook.call_id_form
        try:
            return identifier(form, text, "the id")
        except BadPayload as error:
            raise Rejected(f"{error} The gateway is not asked.") from error

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls and recordings between the person and the company's numbers."""
        return recordings.held(self._control, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete them."""
        return recordings.erase(self._control, person)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether every gateway answers, and its trunk."""
        return health.report(self._control)
