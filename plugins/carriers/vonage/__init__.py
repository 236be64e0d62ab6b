"""Vonage: numbers, calls with NCCO answers, recordings and texts, over its REST APIs and signed webhooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hub.api import (
    CARRIER_FLOWS,
    USER_LEG,
    AnswerDocument,
    AnswerPoint,
    Auth,
    BadSignature,
    CallBack,
    CallEvent,
    ConfigError,
    ConnectionReport,
    Deletion,
    Erasure,
    HeldRecord,
    Instruction,
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
    SealedCallers,
    Services,
    TwimlCarrier,
    VerifiedWebhook,
    WebhookRequest,
    Webhooks,
    hookimpl,
    public_key,
)
from plugins.carriers.vonage import call_list, calls, files, numbers, privacy, signature, texts
from plugins.carriers.vonage.ncco import MESSAGE, Ncco
from plugins.carriers.vonage.rest import HOSTS, Rest
from plugins.carriers.vonage.settings import VonageSettings
from plugins.carriers.vonage.translate import VonageWebhook, fields

OUR_QUERY = re.compile(r"(&proof=[\w-]{24})&.*$", re.ASCII)
"""Vonage adds its own fields to the address of a GET."""
NAMING_NO_CALLER = frozenset({"dial", "whisper", "voicemail"})
"""The paths of webhooks whose `from` is not the caller."""


class Vonage(TwimlCarrier):
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
        webhooks=Webhooks(signature_header=signature.SIGNATURE_HEADER),
        flows=CARRIER_FLOWS,
        deletion=Deletion(
            supported=True,
            note="Recordings are deleted at once. What is personal in call and text records is removed by Vonage's Redact API, "
            "which Vonage turns on for an account on request, and an hour after the call or text at the earliest.",
        ),
        auth=Auth(kind="jwt_bearer"),
        ports_by_hand="Ask Vonage's support (api.support.vonage.com) to port the numbers to your API account, with the old "
        "carrier's latest bill, its account number and PIN, and the signed letter of authorization. Then note how far it is.",
        # Not dial_several: `connect` rings one phone. Not list_texts: the Messages API has no list (README).
        abilities=("call_back", "dial", "gather", "gather_hash", "message", "play", "record", "say", "whisper"),
    )
    Settings = VonageSettings
    settings: VonageSettings
    language = Ncco
    webhook = VonageWebhook

    def __init__(self, name: str, settings: VonageSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        for secret in ("api_key", "api_secret", "private_key"):
            if not getattr(settings, secret).get_secret_value().strip():
                raise ConfigError(f"connector {name!r} has an empty {secret}; set it in config.yaml.")
        try:
            public_key(settings.private_key.get_secret_value())
        except ValueError as error:
            raise ConfigError(f"connector {name!r} has a private_key that cannot sign: {error}.") from None
        self._rest = Rest(settings, services)
        self._callers = SealedCallers(settings.api_secret.get_secret_value())

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
        told = fields(ours) | {"AccountSid": self.account()}
        opened, caller = self._callers.opened(carried.call_id)
        carried = replace(carried, call_id=opened)
        if ours.path in NAMING_NO_CALLER:
            told["From"] = caller or ""
        if carried.mark == MESSAGE and ours.path == "recording":
            told["RecordingSource"] = "RecordVerb"
        named = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in told.items()]
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

    # Calls, recordings, texts

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once."""
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        return calls.place(self._rest, call, self.connect(call), report_to)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Vonage's call list, without recordings, which it does not name."""
        return call_list.fetch(self._rest, since, self.services.log)

    @hookimpl
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """A recording's audio."""
        return files.fetch_recording(self._rest, recording_id, url, self.origins())

    @hookimpl
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at Vonage."""
        files.delete_recording(self._rest, recording_id)

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text through Vonage. Webhooks report its delivery."""
        return texts.send(self._rest, text, self.services.webhook_url)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        return files.fetch_media(self._rest, url, self.origins())

    # Numbers

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale, with their monthly price."""
        return numbers.search(self._rest, query)

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number and point its webhooks at the hub."""
        return numbers.buy(self._rest, number, setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Join an owned number to the application, and set the application's webhooks."""
        return numbers.configure(self._rest, setup)

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        numbers.release(self._rest, number)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account."""
        return numbers.listed(self._rest)

    # People, and the connection

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Calls from or to the person's numbers, and the recordings that the hub knows."""
        return privacy.held(self._rest, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings that the hub knows, and redact the calls and texts."""
        return privacy.erase(self._rest, person)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Read the application, and ask for a call with its key."""
        return calls.check(self._rest)


def _without_vonages_fields(request: WebhookRequest) -> WebhookRequest:
    return replace(request, url=OUR_QUERY.sub(r"\1", request.url)) if request.method == "GET" else request
