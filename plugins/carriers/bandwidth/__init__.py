"""Bandwidth: numbers, calls with BXML answers, recordings and texts, over its APIs and its callbacks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from hub.api import (
    AnswerDocument,
    ApiVersion,
    Auth,
    BadPayload,
    ConnectionReport,
    DataFlow,
    Deletion,
    Event,
    Manifest,
    Recipient,
    Services,
    Share,
    VerifiedWebhook,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api.carriers import AnswerPoint, CallLimits, Instruction
from hub.api.twiml import CARRIER_FLOWS, USER_LEG
from plugins.carriers.bandwidth import calls, texts
from plugins.carriers.bandwidth.bxml import (
    LOCALES,
    MAX_BYTES,
    MAX_KEY_SECONDS,
    MAX_MESSAGE_SECONDS,
    MAX_RING_SECONDS,
    Bxml,
)
from plugins.carriers.bandwidth.calls import Calls
from plugins.carriers.bandwidth.numbers import Numbers
from plugins.carriers.bandwidth.ports import Ports
from plugins.carriers.bandwidth.privacy import Privacy
from plugins.carriers.bandwidth.proof import HEADER
from plugins.carriers.bandwidth.rest import said
from plugins.carriers.bandwidth.settings import BandwidthSettings
from plugins.carriers.bandwidth.texts import Texts
from plugins.carriers.bandwidth.webhook import VoiceCallback, body_of

TEXT_PATHS = frozenset({"message", "message_fallback", "text"})


class Bandwidth(Calls, Texts, Numbers, Ports, Privacy):
    """One Bandwidth account as a carrier."""

    manifest = Manifest(
        name="bandwidth",
        kind="carrier",
        version="0.1.0",
        title="Bandwidth",
        summary="Bandwidth: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(
            name="Bandwidth Inc.",
            role="processor",
            privacy_url="https://bandwidth.com/legal/data-protection-and-privacy",
        ),
        regions=("US",),
        hosts=("api.bandwidth.com", "messaging.bandwidth.com", "voice.bandwidth.com"),
        retention="calls are listed for 7 days, data about texts for 14 without their content; recordings until they are "
        "deleted or the account's own retention ends (SDK 23.3.1, list calls and list messages)",
        webhooks=Webhooks(signature_header=HEADER, signs_body=False, needs_sender=True),
        flows=(
            *CARRIER_FLOWS,
            DataFlow(
                hook="order_port",
                use="essential.service.operations",
                shares=(Share(field="authorized_person"), Share(field="pin"), Share(field="bill")),
            ),
        ),
        personal_in_address="Bandwidth filters its lists only by the address: the number of a person who asks stands in it.",
        deletion=Deletion(
            supported=True,
            note="Recordings are deleted at once. Call records and data about texts cannot be deleted by Bandwidth's API: they "
            "lapse by its retention, or earlier through its support. What its bills and laws require stays.",
        ),
        auth=Auth(kind="oauth2", keys_url="https://dashboard.bandwidth.com"),
        # Source: dev.bandwidth.com/docs/voice/bxml (overview, transfer, gather, record, speakSentence).
        call_limits=CallLimits(
            phones=8,
            ring_seconds=MAX_RING_SECONDS,
            key_seconds=MAX_KEY_SECONDS,
            message_seconds=MAX_MESSAGE_SECONDS,
            document_bytes=MAX_BYTES,
            languages=tuple(LOCALES),
        ),
        # Not list_texts: Bandwidth lists texts without their content, which it does not keep.
        # Not accept_several: of several phones Bandwidth connects the first that is picked up. Not time_limit: BXML has none.
        abilities=(
            "accept",
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
        versions=(ApiVersion(name="v2"),),
    )
    Settings = BandwidthSettings

    def __init__(self, name: str, settings: BandwidthSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        # Most calls to a number get the same document.
        self._rendered = lru_cache(maxsize=1024)(self._render)

    # Callbacks

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check the password and our secret in the address, and return the event's name. Nothing proves the body."""
        self._proof.check(request)
        try:
            if request.path in TEXT_PATHS:
                keys = [texts.entry_key(each) for each in texts.entries(body_of(request))]
                if len(keys) == 1:
                    return VerifiedWebhook(f"text:{keys[0]}")
            else:
                callback = self._read(request)
                if (request.path, callback.kind) == (USER_LEG, "answer"):
                    number = callback.carried.tracking_number or ""
                    document = calls.answered(callback.body, self._proof, number, callback.mark)
                    return VerifiedWebhook(callback.event_key(), document=document)
                return VerifiedWebhook(callback.event_key(), callback.answer_point())
        except BadPayload:
            pass
        return VerifiedWebhook(f"sha256:{hashlib.sha256(request.path.encode() + request.body).hexdigest()}")

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The callback's events."""
        settings = self.settings
        if request.path in TEXT_PATHS:
            application, origin = settings.messaging_application_id, settings.messaging_url
            return list(texts.events(body_of(request), request.received_at, origin, application))
        found = self._read(request).event(settings.account_id)
        return [found] if found else []

    def _read(self, request: WebhookRequest) -> VoiceCallback:
        return VoiceCallback(request, self._proof.addresses.carried(request))

    @hookimpl
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The instructions as BXML."""
        records = point.moment in ("whisper", "accept") and point.records
        return self._rendered(tuple(instructions), point.tracking_number, point.call_id, records)

    def _render(
        self, instructions: tuple[Instruction, ...], number: str, call_id: str, records: bool
    ) -> AnswerDocument:
        of, proof = self._proof.addresses.of, self._proof
        bxml = Bxml(lambda path, mark: of(path, number, call_id, mark), proof.user, proof.password)
        return bxml.render(instructions, records)

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """An empty document: nothing more to do."""
        return self._rendered((), "", "", False)

    # People, and the connection

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the voice application."""
        application = self._rest.must_read(f"/applications/{self.settings.application_id}")
        if said(application, "ServiceType") == "Voice-V2":
            return ConnectionReport(ok=True, detail="Bandwidth answers and the voice application exists.")
        return ConnectionReport(ok=False, detail="application_id is not the id of a voice application (Voice-V2).")
