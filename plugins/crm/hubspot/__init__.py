"""HubSpot: who is calling, calls logged on their contact, and deals that show the outcome of a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hub.api import (
    AccountList,
    AnswerDocument,
    AuthError,
    CallActivity,
    Caller,
    ConnectionReport,
    Connector,
    Corrected,
    Correction,
    Erasure,
    Event,
    Fact,
    HeldRecord,
    KnownSource,
    OutcomePage,
    PersonReference,
    Receipt,
    Rejected,
    RetryLater,
    Services,
    SignIn,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)

from . import calls, contacts, objects, outcomes, privacy, signature, translate
from .client import Client
from .manifest import MANIFEST
from .settings import HubSpotSettings
from .tokens import introspected, sign_in


class HubSpot(Connector):
    """One HubSpot account."""

    manifest = MANIFEST
    Settings = HubSpotSettings

    settings: HubSpotSettings

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        self._client = Client(settings, services)

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
        """The tags that HubSpot puts on the links of the e-mails that it sends."""
        return translate.SOURCES

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts from the contact with the caller's number."""
        if not caller.phone_number:
            return ()
        found = contacts.by_phone(self._client, [caller.phone_number], self.settings.country)
        return translate.facts(found[caller.phone_number], timedelta(days=self.settings.fact_days))

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Calls as HubSpot's call engagements, each on the contact that has the caller's number."""
        return calls.log_calls(self._client, self.settings, activities)

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Deals changed since the cursor, oldest change first."""
        return outcomes.pull_outcomes(self._client, self.settings, self.services.clock(), cursor)

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
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's contacts and the calls that we logged."""
        return privacy.export_person(self._client, self.settings, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """GDPR-delete the person's contacts, and delete the calls that we logged."""
        return privacy.erase_person(self._client, self.settings, person)

    @hookimpl
    def correct_person(self, correction: Correction) -> Corrected:
        """Correct the name, address and number in the person's contact."""
        return privacy.correct_person(self._client, self.settings, correction)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read one deal and one contact. This needs the token and the two scopes that everything else uses."""
        try:
            objects.search(self._client, "contacts", {"limit": 1})
            objects.search(self._client, "deals", {"limit": 1})
        except (AuthError, RetryLater, Rejected) as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="HubSpot answers; contacts and deals can be read.")
