"""Vonage: numbers, calls with NCCO answers, recordings and texts, over its REST APIs and signed webhooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hub.api import (
    AnswerDocument,
    ApiVersion,
    Auth,
    BadSignature,
    Deletion,
    Manifest,
    Recipient,
    VerifiedWebhook,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from hub.api.carriers import AnswerPoint, CallLimits, Instruction
from hub.api.twiml import CARRIER_FLOWS
from plugins.carriers.vonage import signature
from plugins.carriers.vonage.calls import Calls
from plugins.carriers.vonage.files import Files
from plugins.carriers.vonage.ncco import LANGUAGES, MESSAGE, Ncco
from plugins.carriers.vonage.numbers import Numbers
from plugins.carriers.vonage.privacy import Privacy
from plugins.carriers.vonage.rest import HOSTS
from plugins.carriers.vonage.settings import VonageSettings
from plugins.carriers.vonage.texts import Texts
from plugins.carriers.vonage.translate import VonageWebhook, fields

OUR_QUERY = re.compile(r"(&proof=[\w-]{24})&.*$", re.ASCII)
"""Vonage adds its own fields to the address of a GET."""
NAMING_NO_CALLER = frozenset({"dial", "whisper", "voicemail"})
"""The paths of webhooks whose `from` is not the caller."""


class Vonage(Calls, Files, Texts, Numbers, Privacy):
    """One Vonage account as a carrier."""

    manifest = Manifest(
        name="vonage",
        kind="carrier",
        version="0.1.0",
        title="Vonage",
        summary="Vonage: tracking numbers, calls, recordings and texts.",
        recipient=Recipient(
            name="Vonage Holdings Corp.",
            role="processor",
            privacy_url="https://www.vonage.com/legal/privacy-policy/",
        ),
        regions=("US", "IE", "DE", "SG", "AU"),
        hosts=("rest.nexmo.com", *HOSTS),
        retention="recordings 30 days, pictures of texts 48 hours; call and text records until they are redacted, or lapse by "
        "Vonage's own retention",
        # "it is possible that the callback service will send an unsigned callback. By returning an HTTP 5xx response, a retry
        # will be triggered": developer.vonage.com/en/messages/concepts/signed-webhooks, read 2026-11-30.
        webhooks=Webhooks(signature_header=signature.SIGNATURE_HEADER, sends_unsigned=True),
        flows=CARRIER_FLOWS,
        deletion=Deletion(
            supported=True,
            note="Recordings are deleted at once. What is personal in call and text records is removed by Vonage's Redact API, "
            "which Vonage turns on for an account on request, and an hour after the call or text at the earliest.",
        ),
        auth=Auth(kind="jwt_bearer"),
        ports_by_hand="Ask Vonage's support (api.support.vonage.com) to port the numbers to your API account, with the old "
        "carrier's latest bill, its account number and PIN, and the signed letter of authorization. Then note how far it is.",
        # Source: developer.vonage.com/en/voice/voice-api/ncco-reference (connect, input, record).
        call_limits=CallLimits(
            ring_seconds=120, key_seconds=10, message_seconds=7_200, talk_seconds=7_200, languages=LANGUAGES
        ),
        # Not dial_several: `connect` rings one phone. Not accept: the page of `onAnswer` names no keys. Not list_texts: the
        # Messages API has no list (README).
        abilities=(
            *("call_back", "dial", "gather", "gather_hash", "message", "play"),
            *("record", "say", "time_limit", "whisper"),
        ),
        versions=(ApiVersion(name="v1", api="Voice API"), ApiVersion(name="v1", api="Messages API")),
    )
    Settings = VonageSettings
    language = Ncco
    webhook = VonageWebhook

    # Webhooks and answers

    def address_secret(self) -> str:
        """Vonage does not sign the address, so each of our addresses has a proof."""
        return self.settings.api_secret.get_secret_value()

    def check_signature(self, request: WebhookRequest) -> bytes:
        """The body, if Vonage signed it. Only a whisper may come by GET, whose fields are not read."""
        if request.method == "GET" and request.path != "whisper":
            raise BadSignature("the webhook came by GET; run hub numbers configure, which sets POST.")
        signature.verify(request, self.settings)
        return request.body

    def account(self) -> str:
        """The application's id; `check_signature` has compared it."""
        return self.settings.application_id

    def origins(self) -> Sequence[str]:
        """The APIs of all regions, which serve recordings and pictures."""
        return (self.settings.base_url, *(f"https://{host}" for host in HOSTS))

    def read(self, request: WebhookRequest) -> VonageWebhook:
        """A request's webhook, with the caller from our own address where Vonage does not name them."""
        ours = _without_vonages_fields(request)
        carried = self.addresses.carried(ours)
        reported = fields(ours) | {"AccountSid": self.account()}
        opened, caller = self._callers.opened(carried.call_id)
        carried = replace(carried, call_id=opened)
        if ours.path in NAMING_NO_CALLER:
            reported["From"] = caller or ""
        if carried.mark == MESSAGE and ours.path == "recording":
            reported["RecordingSource"] = "RecordVerb"
        named = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in reported.items()]
        return VonageWebhook(ours, named, carried, self.origins())

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check the token of Vonage's and our own proof in the address, and return the event's name."""
        return super().verify_webhook(_without_vonages_fields(request))

    @hookimpl
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The instructions as an NCCO."""
        named = self._callers.sealed(point.call_id, point.caller_number)
        return self._rendered(tuple(instructions), point.tracking_number, named)

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """Nothing: a list of actions, even an empty one, would replace the document of the call."""
        return AnswerDocument("text/plain", "")


def _without_vonages_fields(request: WebhookRequest) -> WebhookRequest:
    return replace(request, url=OUR_QUERY.sub(r"\1", request.url)) if request.method == "GET" else request
