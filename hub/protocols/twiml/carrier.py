"""A carrier that speaks TwiML, or a language like it, over signed forms: the hooks that all of them implement alike."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from hub.contracts.answers import AnswerPoint, Instruction
from hub.contracts.call_backs import CallBack
from hub.contracts.connector import Connector, PluginSettings
from hub.contracts.events import Event
from hub.contracts.services import Services
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook, WebhookRequest
from hub.errors import BadPayload, BadSignature
from hub.hookspecs.markers import hookimpl
from hub.protocols.twiml.addresses import CallbackAddresses
from hub.protocols.twiml.language import Twiml
from hub.protocols.twiml.signature import Field, form_fields
from hub.protocols.twiml.webhook import TwimlWebhook

MAX_EVENT_KEY_CHARACTERS = 200


class TwimlCarrier(Connector):
    """One account at a carrier that speaks TwiML.

    `language` and `webhook` are the carrier's dialect. The plugin implements the three methods below, and the hooks of what
    else the carrier offers.
    """

    language: ClassVar[type[Twiml]] = Twiml
    webhook: ClassVar[type[TwimlWebhook]] = TwimlWebhook

    def __init__(self, name: str, settings: PluginSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        self.addresses = CallbackAddresses(services.webhook_url, self.address_secret())
        # Most calls to a number get the same document.
        self._rendered = lru_cache(maxsize=1024)(self._render)

    def address_secret(self) -> str | None:
        """A secret for proofs in our addresses; None for a carrier whose signature covers the address."""
        return None

    @abstractmethod
    def check_signature(self, request: WebhookRequest) -> bytes:
        """What the carrier signed of a request. Raises BadSignature if it did not sign it."""

    @abstractmethod
    def account(self) -> str:
        """The account's id, as webhooks name it."""

    def origins(self) -> Sequence[str]:
        """The addresses (scheme and host) that may serve recordings and pictures."""
        return ()

    def signed_fields(self, request: WebhookRequest) -> Sequence[Field]:
        """The fields of a request that its signature covers. BadPayload if unreadable."""
        return form_fields(request.body)

    def read(self, request: WebhookRequest) -> TwimlWebhook:
        """A request's webhook."""
        return self.webhook(request, self.signed_fields(request), self.addresses.carried(request), self.origins())

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Check the carrier's signature and our own proof in the address, and return the event's name.

        Content that makes no sense is named by its hash.
        """
        try:
            signed = self.check_signature(request)
        except BadPayload as error:  # unreadable fields are not signed ones
            raise BadSignature(str(error)) from error
        self.addresses.check(request)
        try:
            webhook = self.read(request)
            key = webhook.event_key()
            if len(key) <= MAX_EVENT_KEY_CHARACTERS:
                return VerifiedWebhook(key, webhook.answer_point())
        except BadPayload:
            pass
        return VerifiedWebhook(f"sha256:{hashlib.sha256(signed).hexdigest()}")

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The webhook's event, if it has one."""
        found = self.read(request).event(self.account())
        return [found] if found else []

    @hookimpl
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The instructions in the carrier's language."""
        named = point.call_id if self.addresses.have_proof else ""
        return self._rendered(tuple(instructions), point.tracking_number, named)

    def _render(self, instructions: tuple[Instruction, ...], tracking_number: str, call_id: str) -> AnswerDocument:
        return render(self.language, self.addresses, instructions, tracking_number, call_id)

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """An empty document: nothing more to do, no text in reply."""
        return self._rendered((), "", "")

    def connect(self, call: CallBack) -> str:
        """The document that connects a user who picked up with the person."""
        number = call.tracking_number
        language = self.language(lambda path, mark: self.addresses.of(path, number, "", mark), number)
        return language.connect(call).body


def render(
    language: type[Twiml],
    addresses: CallbackAddresses,
    instructions: Sequence[Instruction],
    tracking_number: str,
    call_id: str = "",
) -> AnswerDocument:
    """The document of instructions for a call on a tracking number."""
    made = language(lambda path, mark: addresses.of(path, tracking_number, call_id, mark), tracking_number)
    return made.render(instructions)
