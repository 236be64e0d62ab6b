"""HubSpot: who is calling, calls logged on their contact, and deals that show the outcome of a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hub.api import (
    AnswerDocument,
    AuthError,
    Caller,
    ConnectionReport,
    Event,
    Fact,
    Rejected,
    RetryLater,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from hub.api.crm import KnownSource
from hub.api.oauth import AccountList, SignIn
from plugins.crm.hubspot import contacts, objects, signature, translate
from plugins.crm.hubspot.calls import Calls
from plugins.crm.hubspot.manifest import MANIFEST
from plugins.crm.hubspot.outcomes import Outcomes
from plugins.crm.hubspot.privacy import Privacy
from plugins.crm.hubspot.settings import HubSpotSettings
from plugins.crm.hubspot.tokens import introspected, sign_in


class HubSpot(Calls, Outcomes, Privacy):
    """One HubSpot account."""

    manifest = MANIFEST
    Settings = HubSpotSettings

    def sign_in(self) -> SignIn | None:
        return sign_in(self.settings, self.manifest.auth.scopes)

    @classmethod
    def needs_sign_in(cls, settings: Any) -> bool:
        return settings.access_token is None and settings.refresh_token is None

    @hookimpl
    def list_accounts(self) -> AccountList:
        """The one account in which the app was installed."""
        return introspected(self.settings, self.services, self._client.token())

    @hookimpl
    def list_sources(self) -> Sequence[KnownSource]:
        """The tags that HubSpot puts on the links of the emails that it sends."""
        return translate.SOURCES

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts from the contact with the caller's number."""
        if not caller.phone_number:
            return ()
        found = contacts.by_phone(self._client, [caller.phone_number], self.settings.country)
        return translate.facts(found[caller.phone_number], timedelta(days=self.settings.fact_days))

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """HubSpot's signature version 3, checked with the app's client secret. Without a secret every webhook is refused."""
        secrets = (self.settings.client_secret, self.settings.previous_client_secret)
        known = [secret.get_secret_value() for secret in secrets if secret]
        signature.verify(request, known, self.services.clock())
        return VerifiedWebhook(event_key=signature.event_key(request.body))

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """No call events: a webhook about a changed deal only starts a sync."""
        signature.events(request.body)
        return ()

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """HubSpot expects a 2xx within five seconds and ignores the body."""
        return AnswerDocument(content_type="text/plain", body="")

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read one deal and one contact. This needs the token and the two scopes that everything else uses."""
        try:
            objects.search(self._client, "contacts", {"limit": 1})
            objects.search(self._client, "deals", {"limit": 1})
        except (AuthError, RetryLater, Rejected) as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="HubSpot answers; contacts and deals can be read.")
