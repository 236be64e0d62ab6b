"""Twilio: numbers, calls with TwiML answers, recordings and texts, over its REST API and signed webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from xml.etree import ElementTree

from hub.api import (
    AnswerDocument,
    AnswerPoint,
    Auth,
    ConfigError,
    Connector,
    Deletion,
    Event,
    Limits,
    Manifest,
    Recipient,
    Route,
    Services,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from plugins.carriers.twilio import signature, twiml, webhooks
from plugins.carriers.twilio.settings import TwilioSettings

ORIGIN = "https://api.twilio.com"
"""Where recordings lie, whatever base_url is set."""


class Twilio(Connector):
    """One Twilio account as a carrier."""

    manifest = Manifest(
        name="twilio",
        kind="carrier",
        version="0.1.0",
        summary="Twilio: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(
            name="Twilio Inc.", role="processor", privacy_url="https://www.twilio.com/en-us/legal/privacy"
        ),
        regions=("US",),
        hosts=("api.twilio.com", "pricing.twilio.com"),
        retention="call records, recordings and texts until they are deleted in the Twilio account",
        deletion=Deletion(
            supported=False,
            note="Delete calls, recordings and texts in the Twilio console or by its API; this plugin does not yet do it.",
        ),
        auth=Auth(kind="basic"),
        limits=Limits(batch_size=1),
    )
    Settings = TwilioSettings
    settings: TwilioSettings

    def __init__(self, name: str, settings: TwilioSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        missing = settings.missing_secrets()
        if missing:
            raise ConfigError(f"connector {name!r} has an empty {' and '.join(missing)}; set it in config.yaml.")

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check Twilio's signature and name the event."""
        signature.verify(request, self.settings)
        webhook = webhooks.Webhook(request)
        key = webhooks.event_key(webhook)
        if key is None:
            key = f"sha256:{hashlib.sha256(signature.signed_content(request)).hexdigest()}"
        return VerifiedWebhook(key, webhooks.answer_point(webhook))

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The webhook's one event, or none."""
        return webhooks.events(webhooks.Webhook(request), self.settings.account_sid, (ORIGIN, self.settings.base_url))

    @hookimpl
    def render_answer(self, point: AnswerPoint, route: Route, source_name: str) -> AnswerDocument:
        """The route as TwiML."""
        return twiml.answer(point, route, source_name, self.services.webhook_url)

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """An empty response: nothing more to do, and no text back."""
        return twiml.document(ElementTree.Element("Response"))
