"""Twilio: numbers, calls with TwiML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from hub.api import (
    CARRIER_FLOWS,
    USER_LEG,
    Auth,
    BadPayload,
    CallBack,
    CallEvent,
    ConfigError,
    ConnectionReport,
    DataFlow,
    Deletion,
    Erasure,
    FormField,
    HeldRecord,
    Manifest,
    MediaFile,
    MessageEvent,
    NumberOffer,
    NumberQuery,
    NumberSetup,
    OutboundText,
    OwnedNumber,
    PersonReference,
    PortOrder,
    PortRequest,
    Receipt,
    Recipient,
    RecordingAudio,
    RecordingControl,
    Rejected,
    Services,
    Share,
    TextListQuery,
    TwimlCarrier,
    WebhookRequest,
    Webhooks,
    address_at,
    hookimpl,
    identifier,
)
from plugins.carriers.twilio import call_list, calls, numbers, ports, privacy, signature, texts
from plugins.carriers.twilio.rest import Rest
from plugins.carriers.twilio.settings import TwilioSettings
from plugins.carriers.twilio.translate import ORIGINS, TwilioWebhook


class Twilio(TwimlCarrier):
    """One Twilio account as a carrier."""

    manifest = Manifest(
        name="twilio",
        kind="carrier",
        version="0.1.0",
        title="Twilio",
        summary="Twilio: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(
            name="Twilio Inc.", role="processor", privacy_url="https://www.twilio.com/en-us/legal/privacy"
        ),
        regions=("US",),
        hosts=(
            "api.twilio.com",
            "pricing.twilio.com",
            "numbers.twilio.com",
            "numbers-upload.twilio.com",
            "mms.twiliocdn.com",
        ),
        retention="call records, recordings and texts until they are deleted in the Twilio account",
        webhooks=Webhooks(signature_header=signature.SIGNATURE_HEADER),
        flows=(
            *CARRIER_FLOWS,
            DataFlow(
                hook="order_port",
                use="essential.service",
                shares=(
                    Share(field="authorized_person"),
                    Share(field="email"),
                    Share(field="pin"),
                    Share(field="bill"),
                ),
            ),
        ),
        personal_in_address="Twilio filters its lists only by the address: the number of a person who asks stands in it.",
        deletion=Deletion(
            supported=True,
            note="Calls, recordings and texts are deleted; a recording's metadata stays visible at Twilio for 40 days and a "
            "text may stay in its backups for 30, and Twilio keeps what its bills and laws require.",
        ),
        auth=Auth(kind="basic"),
        abilities=(
            "call_back",
            "dial",
            "dial_several",
            "gather",
            "gather_hash",
            "list_texts",
            "message",
            "play",
            "record",
            "say",
            "whisper",
        ),
    )
    Settings = TwilioSettings
    webhook = TwilioWebhook
    settings: TwilioSettings

    def __init__(self, name: str, settings: TwilioSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        missing = settings.missing_secrets()
        if missing:
            raise ConfigError(f"connector {name!r} has an empty {' and '.join(missing)}; set it in config.yaml.")
        self._rest = Rest(settings, services)

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale, with their monthly price."""
        return numbers.search(self._rest, query, self.settings.pricing_url)

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number and set its webhooks in one request."""
        return numbers.buy(self._rest, number, setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Set an owned number's webhooks."""
        return numbers.configure(self._rest, setup)

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        numbers.release(self._rest, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account, with their monthly price."""
        return numbers.listed(self._rest, self.settings.pricing_url)

    def check_signature(self, request: WebhookRequest) -> bytes:
        """What Twilio signed."""
        return signature.verify(request, self.settings)

    def account(self) -> str:
        """The account's SID."""
        return self.settings.account_sid

    def origins(self) -> Sequence[str]:
        """Twilio's own addresses of recordings and pictures."""
        return (self.settings.base_url, *ORIGINS)

    def signed_fields(self, request: WebhookRequest) -> Sequence[FormField]:
        """The signed fields of a request."""
        return signature.signed_fields(request)

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once."""
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        return calls.place(self._rest, call, self.connect(call), report_to)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Twilio's call list, with their recordings."""
        return call_list.fetch(self._rest, since, self.origins(), self.services.log)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording as WAV. The webhook's address is only checked; the address that we fetch is made from the id."""
        try:
            address_at(url, self.origins(), "Twilio")
        except BadPayload as error:
            raise Rejected(f"{error} It is not fetched.") from error
        sid = self._id(TwilioWebhook.recording_id_form, recording_id, "recording")
        content_type, data = self._rest.audio(f"{self._rest.account}/Recordings/{sid}.wav")
        return RecordingAudio(content_type=content_type, data=data)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording with its audio."""
        sid = self._id(TwilioWebhook.recording_id_form, recording_id, "recording")
        self._rest.delete(f"{self._rest.account}/Recordings/{sid}.json")

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume. The pause is silence in the audio, so that its times stay right."""
        form = {"Status": "in-progress"} if control == "resume" else {"Status": "paused", "PauseBehavior": "silence"}
        sid = self._id(TwilioWebhook.call_id_form, call_id, "call")
        current = f"{self._rest.account}/Calls/{sid}/Recordings/Twilio.CURRENT.json"
        if self._rest.post(current, form).get("status") != form["Status"]:
            raise Rejected(f"Twilio accepted the request but does not say that the recording is {form['Status']}.")

    def _id(self, form: re.Pattern[str], text: str, what: str) -> str:
        try:
            return identifier(form, text, f"the {what}'s id")
        except BadPayload as error:
            raise Rejected(f"{error} Twilio is not asked.") from error

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send a text, at most once."""
        return texts.send(self._rest, text, self.services.webhook_url)

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """Received texts from Twilio's message list."""
        return texts.listed(self._rest, query, self.services.log)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text, from Twilio's own hosts."""
        return texts.fetch(self._rest, url, self.origins(), self.settings.media_url)

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order a port with its bill; Twilio e-mails the letter to sign."""
        return ports.order(self._rest, self.settings, request)

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders, each with its own request."""
        return ports.listed(self._rest, self.settings, self.services.log)

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        """Cancel a port order."""
        ports.cancel(self._rest, self.settings, order_id)

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls, recordings and texts from or to the person's numbers."""
        return privacy.held(self._rest, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete them. Twilio refuses to delete an active call; the deletion is then tried again later."""
        return privacy.erase(self._rest, person)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the account's record."""
        status = self._rest.get(f"{self._rest.account}.json").get("status")
        if status == "active":
            return ConnectionReport(ok=True, detail="Twilio answers and the account is active.")
        return ConnectionReport(ok=False, detail="the Twilio account is not active; see its console.")
