"""Twilio: numbers, calls with TwiML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api import (
    Auth,
    ConnectionReport,
    DataFlow,
    Deletion,
    Manifest,
    Recipient,
    Rejected,
    Share,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api.carriers import RecordingAudio, RecordingControl, rejecting
from hub.api.twiml import CARRIER_FLOWS, FormField, address_at, identifier
from plugins.carriers.twilio import signature
from plugins.carriers.twilio.calls import Calls
from plugins.carriers.twilio.numbers import Numbers
from plugins.carriers.twilio.ports import Ports
from plugins.carriers.twilio.privacy import Privacy
from plugins.carriers.twilio.settings import TwilioSettings
from plugins.carriers.twilio.texts import Texts
from plugins.carriers.twilio.translate import ORIGINS, TwilioWebhook


class Twilio(Numbers, Calls, Texts, Ports, Privacy):
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
        auth=Auth(kind="basic", keys_url="https://console.twilio.com"),
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
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording as WAV. The webhook's address is only checked; the address that we fetch is made from the id."""
        with rejecting("It is not fetched."):
            address_at(url, self.origins(), "Twilio")
            sid = identifier(TwilioWebhook.recording_id_form, recording_id, "the recording's id")
        content_type, data = self._rest.audio(f"{self._rest.account}/Recordings/{sid}.wav")
        return RecordingAudio(content_type=content_type, data=data)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording with its audio."""
        with rejecting("Twilio is not asked."):
            sid = identifier(TwilioWebhook.recording_id_form, recording_id, "the recording's id")
        self._rest.delete(f"{self._rest.account}/Recordings/{sid}.json")

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume. The pause is silence in the audio, so that its times stay right."""
        form = {"Status": "in-progress"} if control == "resume" else {"Status": "paused", "PauseBehavior": "silence"}
        with rejecting("Twilio is not asked."):
            sid = identifier(TwilioWebhook.call_id_form, call_id, "the call's id")
        current = f"{self._rest.account}/Calls/{sid}/Recordings/Twilio.CURRENT.json"
        if self._rest.post(current, form).get("status") != form["Status"]:
            raise Rejected(f"Twilio accepted the request but does not say that the recording is {form['Status']}.")

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the account's record."""
        status = self._rest.get(f"{self._rest.account}.json").get("status")
        if status == "active":
            return ConnectionReport(ok=True, detail="Twilio answers and the account is active.")
        return ConnectionReport(ok=False, detail="the Twilio account is not active; see its console.")
