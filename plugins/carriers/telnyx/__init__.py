"""Telnyx: numbers, calls with TeXML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from hub.api import (
    ApiVersion,
    Auth,
    BadPayload,
    ConnectionReport,
    DataFlow,
    Deletion,
    Event,
    Manifest,
    Recipient,
    Share,
    VerifiedWebhook,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api.carriers import CallLimits
from hub.api.twiml import CARRIER_FLOWS
from plugins.carriers.telnyx import (
    notices,
    recordings,
    signature,
    texts,
)
from plugins.carriers.telnyx.calls import Calls
from plugins.carriers.telnyx.numbers import Numbers
from plugins.carriers.telnyx.ports import Ports
from plugins.carriers.telnyx.privacy import Privacy
from plugins.carriers.telnyx.recordings import Recordings
from plugins.carriers.telnyx.settings import TelnyxSettings
from plugins.carriers.telnyx.texml import LANGUAGES, Texml
from plugins.carriers.telnyx.texts import Texts
from plugins.carriers.telnyx.translate import TexmlWebhook


class Telnyx(Numbers, Calls, Recordings, Texts, Ports, Privacy):
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
        auth=Auth(kind="api_key", keys_url="https://portal.telnyx.com/#/api-keys"),
        # Not gather_hash: # ends the input of a <Gather>, and no documented value of finishOnKey turns that off.
        # Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs (dial, gather, record) and `SpeakRequest`.
        call_limits=CallLimits(
            ring_seconds=120, key_seconds=120, message_seconds=14_400, text_bytes=3_000, languages=LANGUAGES
        ),
        # Not accept_several: of several phones Telnyx connects the first that is picked up.
        abilities=(
            "accept",
            "call_back",
            "dial",
            "dial_several",
            "gather",
            "list_texts",
            "message",
            "play",
            "record",
            "say",
            "time_limit",
            "whisper",
        ),
        versions=(ApiVersion(name="v2"),),
    )
    Settings = TelnyxSettings
    language = Texml
    webhook = TexmlWebhook

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
    def check_connection(self) -> ConnectionReport:
        """Read the TeXML application's record."""
        application = self._rest.one(f"/texml_applications/{self.settings.application_id}")
        if application.get("active"):
            return ConnectionReport(ok=True, detail="Telnyx answers and the TeXML application is active.")
        return ConnectionReport(ok=False, detail="the TeXML application is not active; see Telnyx' portal.")
