"""Plivo: numbers, calls with Plivo XML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

from dataclasses import replace

from hub.api import (
    AnswerDocument,
    ApiVersion,
    Auth,
    BadSignature,
    ConnectionReport,
    Deletion,
    Manifest,
    Recipient,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from hub.api.carriers import CallLimits
from hub.api.twiml import CARRIER_FLOWS
from plugins.carriers.plivo import calls, signature
from plugins.carriers.plivo.calls import Calls
from plugins.carriers.plivo.numbers import Numbers
from plugins.carriers.plivo.plivo_xml import LANGUAGES, PlivoXml
from plugins.carriers.plivo.privacy import Privacy
from plugins.carriers.plivo.recordings import Recordings
from plugins.carriers.plivo.rest import STORAGE
from plugins.carriers.plivo.settings import PlivoSettings
from plugins.carriers.plivo.texts import Texts
from plugins.carriers.plivo.translate import PlivoWebhook


class Plivo(Numbers, Calls, Recordings, Texts, Privacy):
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
        auth=Auth(kind="basic", keys_url="https://console.plivo.com/dashboard/"),
        ports_by_hand="Ask Plivo's support to port the numbers, with the signed letter of authorization and the old carrier's "
        "latest bill; `hub docs connect/plivo` has the steps. Then note how far it is.",
        # Source: plivo.com/docs/voice/xml (input, audio-output); its pages name no most phones of a dial.
        call_limits=CallLimits(key_seconds=60, document_bytes=100_000, languages=LANGUAGES),
        # Not list_texts: Plivo's list of messages has no texts in it.
        abilities=(
            "accept",
            "accept_several",
            "call_back",
            "dial",
            "dial_several",
            "gather",
            "gather_hash",
            "message",
            "play",
            "record",
            "say",
            "time_limit",
            "whisper",
        ),
        versions=(ApiVersion(name="v1"),),
    )
    Settings = PlivoSettings
    language = PlivoXml

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
    def check_connection(self) -> ConnectionReport:
        """Read the application's record."""
        application = self._rest.get(f"Application/{self.settings.application_id}")
        if application.get("app_id") != self.settings.application_id:
            return ConnectionReport(ok=False, detail="Plivo does not show the application; check application_id.")
        is_off = application.get("enabled") is False
        detail = "the application is disabled; see Plivo's console." if is_off else "Plivo shows the application."
        return ConnectionReport(ok=not is_off, detail=detail)
