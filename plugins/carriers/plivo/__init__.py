"""Plivo: numbers, calls with Plivo XML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hub.api import (
    CARRIER_FLOWS,
    AnswerDocument,
    Auth,
    BadSignature,
    CallBack,
    CallbackAddresses,
    CallEvent,
    ConfigError,
    ConnectionReport,
    Deletion,
    Erasure,
    HeldRecord,
    Manifest,
    MediaFile,
    NumberOffer,
    NumberQuery,
    NumberSetup,
    OutboundText,
    OwnedNumber,
    PersonReference,
    Receipt,
    Recipient,
    RecordingAudio,
    RecordingControl,
    Services,
    TwimlCarrier,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from plugins.carriers.plivo import call_list, calls, numbers, privacy, recordings, signature, texts
from plugins.carriers.plivo.plivo_xml import PlivoXml
from plugins.carriers.plivo.rest import STORAGE, Rest
from plugins.carriers.plivo.settings import PlivoSettings
from plugins.carriers.plivo.translate import PlivoWebhook


class Plivo(TwimlCarrier):
    """One Plivo account as a carrier."""

    manifest = Manifest(
        name="plivo",
        kind="carrier",
        version="0.1.0",
        title="Plivo",
        summary="Plivo: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(name="Plivo Inc.", role="processor", privacy_url="https://www.plivo.com/legal/privacy/"),
        regions=("US",),
        hosts=("api.plivo.com", "media.plivo.com", STORAGE),
        retention="recordings until they are deleted or the account's own retention ends, message records without their text "
        "90 days, call records by Plivo's own retention",
        flows=CARRIER_FLOWS,
        personal_in_address="Plivo filters its lists only by the address: the number of a person who asks stands in it.",
        deletion=Deletion(
            supported=True,
            note="Recordings are deleted at once. Call records and message records cannot be deleted by Plivo's API: they "
            "lapse by its retention, or earlier through its support. What its bills and laws require stays.",
        ),
        auth=Auth(kind="basic"),
        ports_by_hand="Ask Plivo's support to port the numbers, with the signed letter of authorization and the old carrier's "
        "latest bill; docs/connect/plivo.md has the steps. Then note how far it is.",
        # Not list_texts: Plivo's list of messages has no texts in it.
        abilities=(
            "call_back",
            "dial",
            "dial_several",
            "gather",
            "gather_hash",
            "message",
            "play",
            "record",
            "say",
            "whisper",
        ),
    )
    Settings = PlivoSettings
    settings: PlivoSettings
    language = PlivoXml

    def __init__(self, name: str, settings: PlivoSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        if not all(token.strip() for token in settings.tokens()):
            raise ConfigError(f"connector {name!r} has an empty auth token; set it in config.yaml.")
        # Plivo's signature covers a query without its encoding, so each of our addresses has a proof.
        token, *earlier = settings.tokens()
        self.addresses = CallbackAddresses(services.webhook_url, token, earlier)
        self._rest = Rest(settings, services)

    def check_signature(self, request: WebhookRequest) -> bytes:
        """What Plivo signed. A POST to an address without a proof has no query, since nobody made one."""
        if request.method != "GET" and request.query and not self.addresses.needs_proof(request):
            raise BadSignature("the webhook came to an address with a query that this connector did not make.")
        return signature.verify(request, self.settings.tokens())

    def account(self) -> str:
        """The account's auth ID."""
        return self.settings.auth_id

    def read(self, request: WebhookRequest) -> PlivoWebhook:
        """A request's webhook."""
        return PlivoWebhook(request, signature.fields_of(request), self.addresses.carried(request), self.settings)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check Plivo's signature and our own proof in the address, and return the event's name.

        Where the signature covers no fields, its nonce is the name, so that it is good for one text only.
        """
        verified = super().verify_webhook(request)
        if signature.is_text_only(request):
            return replace(verified, event_key=f"nonce:{signature.nonce_of(request)}")
        call = calls.to_connect(request, self.addresses, self.settings.tokens())
        return replace(verified, document=AnswerDocument("text/xml", self.connect(call))) if call else verified

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale, with their monthly price."""
        return numbers.search(self._rest, query)

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Rent a number for the application, and set the application's webhooks."""
        return numbers.buy(self._rest, number, setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Assign an owned number to the application, and set the application's webhooks."""
        return numbers.configure(self._rest, setup)

    @hookimpl
    def release_number(self, number: str) -> None:
        """Give a number back."""
        numbers.release(self._rest, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account, with their monthly price."""
        return numbers.listed(self._rest)

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once."""
        return calls.place(self._rest, self.addresses, call)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Plivo's call records, with their recordings."""
        return call_list.fetch(self._rest, since, self.services.log)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio."""
        return recordings.fetch(self._rest, recording_id, url)

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at Plivo."""
        recordings.delete(self._rest, recording_id)

    @hookimpl
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """End the recording of a call, or begin another one after that."""
        recordings.control(self._rest, self.addresses, call_id, control)

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text through Plivo. Webhooks report its delivery."""
        return texts.send(self._rest, text, self.services.webhook_url)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        return texts.fetch_media(self._rest, url)

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls, recordings and message records from or to the person's numbers."""
        return privacy.held(self._rest, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings, and report the call and message records that Plivo keeps."""
        return privacy.erase(self._rest, person)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the application's record."""
        application = self._rest.get(f"Application/{self.settings.application_id}")
        is_off = application.get("enabled") is False
        detail = "the application is disabled; see Plivo's console." if is_off else "Plivo shows the application."
        return ConnectionReport(ok=not is_off, detail=detail)
