"""Telnyx: numbers, calls with TeXML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

import contextlib
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
    Event,
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
    Services,
    Share,
    TextListQuery,
    TwimlCarrier,
    VerifiedWebhook,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from plugins.carriers.telnyx import (
    call_list,
    calls,
    notices,
    numbers,
    ports,
    privacy,
    recordings,
    signature,
    text_list,
    texts,
)
from plugins.carriers.telnyx.rest import Rest
from plugins.carriers.telnyx.settings import TelnyxSettings
from plugins.carriers.telnyx.texml import Texml
from plugins.carriers.telnyx.translate import TexmlWebhook


class Telnyx(TwimlCarrier):
    """One Telnyx account as a carrier."""

    manifest = Manifest(
        name="telnyx",
        kind="carrier",
        version="0.1.0",
        title="Telnyx",
        summary="Telnyx: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(name="Telnyx LLC", role="processor", privacy_url="https://telnyx.com/privacy-policy"),
        regions=("US", "CA", "NL", "SG"),
        hosts=("api.telnyx.com", *sorted({*recordings.HOSTS, *texts.MEDIA_HOSTS})),
        retention="call records and delivery receipts 90 days, message bodies 10 days, recordings until they are deleted "
        "or the account's own retention ends, as telnyx.com/ai/data-handling.json says",
        webhooks=Webhooks(signature_header=signature.SIGNATURE_HEADER),
        flows=(
            *CARRIER_FLOWS,
            DataFlow(
                hook="order_port",
                use="essential.service.operations",
                shares=(Share(field="authorized_person"), Share(field="pin"), Share(field="bill")),
            ),
        ),
        personal_in_address="Telnyx filters its lists only by the address: the number of a person who asks stands in it.",
        deletion=Deletion(
            supported=True,
            note="Recordings are deleted at once. Call records and message records cannot be deleted by Telnyx' API: they "
            "lapse by its retention, or earlier through its support. What its bills and laws require stays.",
        ),
        auth=Auth(kind="api_key"),
        # Not gather_hash: # ends the input of a <Gather>, and no documented value of finishOnKey turns that off.
        abilities=(
            "call_back",
            "dial",
            "dial_several",
            "gather",
            "list_texts",
            "message",
            "play",
            "record",
            "say",
            "whisper",
        ),
    )
    Settings = TelnyxSettings
    settings: TelnyxSettings
    language = Texml
    webhook = TexmlWebhook

    def __init__(self, name: str, settings: TelnyxSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        if not settings.api_key.get_secret_value().strip():
            raise ConfigError(f"connector {name!r} has an empty api_key; set it in config.yaml.")
        self._rest = Rest(settings, services)

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale, with their monthly price."""
        return numbers.search(self._rest, query)

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Order a number; set its webhooks as soon as Telnyx has filled the order."""
        return numbers.buy(self._rest, number, setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Assign an owned number to the application and the messaging profile, and set their webhooks."""
        return numbers.configure(self._rest, setup)

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        numbers.release(self._rest, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account."""
        return numbers.listed(self._rest)

    def address_secret(self) -> str:
        """Telnyx does not sign the address, so each of our addresses has a proof."""
        return self.settings.api_key.get_secret_value()

    def check_signature(self, request: WebhookRequest) -> bytes:
        """The body, if Telnyx signed it."""
        signature.verify(request, self.settings.public_key)
        return request.body

    def account(self) -> str:
        """The account's id."""
        return self.settings.account_id

    def origins(self) -> Sequence[str]:
        """The API, which serves recordings."""
        return (self.settings.base_url,)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check Telnyx' signature and our own proof in the address, and return the event's name.

        TeXML sends forms, everything else is JSON. The body decides which, because the content type is not signed.
        """
        verified = super().verify_webhook(request)
        with contextlib.suppress(BadPayload):
            if notices.is_json(request):
                return VerifiedWebhook(f"event:{notices.Notice(request).id}")
        return verified

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The webhook's event, if it has one."""
        if not notices.is_json(request):
            return super().parse_webhook(request)
        found = notices.event(notices.Notice(request), self.settings.base_url)
        return [found] if found else []

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Its first report names its id."""
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        return calls.place(self._rest, call, self.connect(call), report_to)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Telnyx' call list, with their recordings."""
        return call_list.fetch(self._rest, since, self.services.log)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio."""
        return recordings.fetch(self._rest, recording_id, url)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at Telnyx."""
        recordings.delete(self._rest, recording_id)

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call."""
        recordings.control(self._rest, call_id, control)

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text through Telnyx. Webhooks report its delivery."""
        return texts.send(self._rest, text, self.services.webhook_url)

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """Received texts: Telnyx' detail records, each with its content."""
        return text_list.listed(self._rest, query, self.services.clock(), self.services.log)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        return texts.fetch_media(self._rest, url)

    @hookimpl
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order a port of numbers to Telnyx."""
        return ports.order(self._rest, request)

    @hookimpl
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders, newest first."""
        return ports.listed(self._rest, self.services.log)

    @hookimpl
    def cancel_port(self, order_id: str) -> None:
        """Cancel a port order."""
        ports.cancel(self._rest, order_id)

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls, recordings and texts from or to the person's numbers."""
        return privacy.held(self._rest, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings, and report the calls and texts that Telnyx keeps."""
        return privacy.erase(self._rest, person)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the TeXML application's record."""
        application = self._rest.one(f"/texml_applications/{self.settings.application_id}")
        if application.get("active"):
            return ConnectionReport(ok=True, detail="Telnyx answers and the TeXML application is active.")
        return ConnectionReport(ok=False, detail="the TeXML application is not active; see Telnyx' portal.")
