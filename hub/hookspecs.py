"""Every hook that a plugin may implement: eleven families, each hook a page.

The hub calls every connector alone, in a thread of its own, with a deadline, an error guard, a circuit breaker and a
timer; a hook that a connector does not implement is simply not there. Hooks are synchronous. Values handed over hold
only the personal fields that the plugin's manifest declares for that hook.

What an exception means is the same everywhere, and its class says what the hub does next (`hub.errors`):
`ConfigError` stop and tell; `AuthError` pause and ask to reconnect; `RetryLater` try the batch again; `OutcomeUnknown`
hold it, never again by itself; `Rejected` give up, keep the provider's words; `NotSupported` tell. Anything else is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hub.contracts.answers import AnswerPoint, Instruction
from hub.contracts.connector import ConnectionReport
from hub.contracts.consent import ConsentQuestion, Opinion
from hub.contracts.conversions import CallActivity, Conversion, PendingReceipt, Receipt
from hub.contracts.events import CallEvent, Event
from hub.contracts.facts import Caller, Fact
from hub.contracts.numbers import (
    NumberOffer,
    NumberQuery,
    NumberSetup,
    OwnedNumber,
    RecordingAudio,
    RecordingControl,
)
from hub.contracts.outcomes import OutcomePage
from hub.contracts.people import Correction, PersonReference
from hub.contracts.ports import PortOrder, PortRequest
from hub.contracts.rules import LegalRule
from hub.contracts.texts import MediaFile, OutboundText
from hub.contracts.transcripts import SpokenAudio, Transcript
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook, WebhookRequest
from hub.hook_marks import PROJECT as PROJECT
from hub.hook_marks import hookimpl as hookimpl
from hub.hook_marks import hookspec
from hub.privacy_hooks import PrivacyHooks
from hub.source_hooks import SourceHooks


class NumberHooks(Protocol):
    """Number provisioning: carriers."""

    @hookspec
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers that can be bought now.

        Called by `hub numbers search`. `query.limit` is the most that may come back. An error is told, nothing retried.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy `number` (E.164) and point its webhooks as `setup` says, in one step where the carrier can.

        Called by `hub numbers buy`, after a person agreed to the price. Called once: after a time-out the hub never
        buys again but asks `list_numbers` whether the number is ours.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Point the webhooks and the fallback of an owned number at the hub. The same call twice changes nothing.

        Called by `hub numbers configure` and when a tracker's numbers change.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def release_number(self, number: str) -> None:
        """Give a number (E.164) back; it is lost afterwards. A number that is not owned is no error.

        Called by `hub numbers release`, after a person agreed.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account, through all pages.

        Called by `hub numbers list` and by `hub check`, to find numbers whose webhooks point elsewhere.

        versionadded: 0.1
        """
        raise NotImplementedError


class IngestionHooks(Protocol):
    """Call ingestion: carriers."""

    @hookspec
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Is this request really from the provider, and which of its events is it?

        Called for every webhook before anything is kept. Check the signature over the raw body and `request.url`, in
        constant time, and raise `BadSignature` where it does not hold. The event key comes from signed content alone
        and must be made even where the content makes no sense otherwise. No network, no waiting: a caller may be ringing.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The events in a verified webhook, in our words; empty where it says nothing that we keep.

        Called by the worker, and at once where the carrier waits for an answer. The same request always gives the same
        events. Raise `BadPayload` where the content makes no sense: the webhook is parked and can be replayed.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The document that tells the carrier what to do with a call at `point`: `instructions`, one after the other.

        Called in the webhook's request, with a deadline of one second for everything; if it is late or fails, a
        document made earlier, which only forwards the call, answers. Give the addresses below `services.webhook_url` at
        which the carrier asks next the tracking number and the instruction's `mark`, so that both come back in the next
        `AnswerPoint`. The hub gives no instruction that the manifest's `abilities` leave out. No network.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """The reply to a webhook that only tells something, as the provider likes it.

        Called once at start for each connector, with an empty request; the answer is reused.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """What the carrier's own call list says of calls that began at or after `since` (aware UTC): for each finished
        call the events that lead to its final state.

        Called on the connector's schedule, to find calls whose webhooks never came. Known events change nothing.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def fetch_recording(self, recording_id: str, url: str) -> RecordingAudio:
        """The audio of a recording. `url` comes from a webhook: fetch only from the provider's declared hosts.

        Called by the worker once the carrier has told that it is ready. `RetryLater` where it is not there yet.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at the carrier; one that is gone already is no error.

        Called by the worker after the hub's own copy is stored and verified, where the customer wants it so; and at once
        where the recording may not be kept, for nobody was told of it or the caller refused.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def control_recording(self, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call that goes on; `Rejected` where nothing is being recorded.

        Called by `hub recordings pause` and `resume`, while card data is spoken. The same control twice is no error.

        versionadded: 0.1
        """
        raise NotImplementedError


class MessageHooks(Protocol):
    """Texts: carriers."""

    @hookspec
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text: `accepted` with the carrier's id as `reference` (webhooks tell what became of it), or `rejected`
        with its code, and `opted_out` where the person had told the carrier to stop.

        Called by the worker once consent is decided, and once only: where the outcome is unknown (a time-out) the hub
        holds it: raise `OutcomeUnknown` there, and `RetryLater` only where the carrier surely did not take it.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a text that came in. `url` comes from a webhook: fetch only from the provider's declared hosts.

        Called by the worker soon after the text, for carriers keep such files for a short time only.

        versionadded: 0.1
        """
        raise NotImplementedError


class PortHooks(Protocol):
    """Bringing numbers from another carrier: carriers."""

    @hookspec
    def order_port(self, request: PortRequest) -> PortOrder:
        """Order that numbers be brought over. `Rejected` with the carrier's words where it cannot take them.

        Called by `hub numbers port`, once, after a person agreed. After a time-out the hub asks `list_ports` instead.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def list_ports(self) -> Sequence[PortOrder]:
        """All port orders of the account, newest first, with where each stands.

        Called by `hub numbers ports` and on the connector's schedule while an order is open.

        versionadded: 0.1
        """
        raise NotImplementedError


class TranscriptionHooks(Protocol):
    """Transcription: speech to words."""

    @hookspec
    def transcribe(self, audio: SpokenAudio) -> Transcript:
        """What was said in `audio`, part by part.

        Called by the worker after a recording is stored, where the company wants transcripts and consent allows it.
        `Rejected` where the language is not known or the audio makes no sense.

        versionadded: 0.1
        """
        raise NotImplementedError


class EnrichmentHooks(Protocol):
    """Enrichment: data services, and CRMs that know who is calling."""

    @hookspec
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts about a caller; empty where nothing is known.

        Called once a call, after its attribution, never while it rings. All enrichers are asked; where two know a fact
        of the same name, both are kept with their source and the more confident one is shown. A failure is noted on
        the call's timeline and changes nothing else. What a data service answers is not stored, unless `keep:` says so.

        versionadded: 0.1
        """
        raise NotImplementedError


class ConsentHooks(Protocol):
    """Consent: privacy regimes."""

    @hookspec
    def judge(self, question: ConsentQuestion) -> Opinion:
        """May this go there? `allow`, `needs` (only with the person's yes) or `deny`, with the rule's id.

        Called when a conversion is decided and again when it is sent. Every consent connector is asked and the
        strictest opinion wins; an error, a time-out or no answer is `deny`. Decide from the question alone: no
        network, no memory, so that the same question always has the same answer.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def list_rules(self) -> Sequence[LegalRule]:
        """Every rule that the plugin judges by or reminds of, with its source and the day by which it must be read again.

        Called by `hub check`, which warns of each rule past its `verify_by`, and by `hub privacy rules` and `ask`, which
        show them. The ids are those that opinions name, without doubles; they come from the plugin's own files: no network.

        versionadded: 0.1
        """
        raise NotImplementedError


class DeliveryHooks(Protocol):
    """Delivery: ad networks take conversions; CRMs take calls and tell what became of them."""

    @hookspec
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Upload a batch, at most `manifest.limits.batch_size`; exactly one receipt an item, in any order.

        Called by the connector's scheduled sync. With `dry_run` nothing counts: use the provider's validate-only.
        Partial failure is data: one bad item never costs the others their receipt. An exception speaks for the whole
        batch. Items may come again after a crash, with the same key: use it as the provider's transaction id.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Late diagnostics of items that were `accepted`; `accepted` again where there is nothing to tell yet.

        Called by a sync once an item's `retry_after` (on its `accepted` receipt, a minute where absent) has passed, then
        with backoff up to an hour, for seven days.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Write finished calls into the CRM, each on the contact that has the caller's number, if any; one receipt each.

        Called by the scheduled sync. The same key twice makes one record: look for it before writing.

        versionadded: 0.1
        """
        raise NotImplementedError

    @hookspec
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Deals that changed since `cursor` (None: from the beginning), oldest change first, with the next cursor.

        Called by the scheduled sync until `more` is false. The cursor is stored with the outcomes in one transaction,
        so a page may come twice but never gets lost; at the same cursor, return the same deals or newer ones.

        versionadded: 0.1
        """
        raise NotImplementedError


class OperationHooks(Protocol):
    """Operation: every plugin."""

    @hookspec
    def check_connection(self) -> ConnectionReport:
        """Does the provider answer with our credentials? Change nothing there.

        Called by `hub check` and before a paused connector is taken up again.

        versionadded: 0.1
        """
        raise NotImplementedError


FAMILIES: tuple[type, ...] = (
    NumberHooks,
    IngestionHooks,
    SourceHooks,
    MessageHooks,
    PortHooks,
    TranscriptionHooks,
    EnrichmentHooks,
    ConsentHooks,
    DeliveryHooks,
    PrivacyHooks,
    OperationHooks,
)
"""The families in the order of the documentation."""

HOOK_VALUES: dict[str, type] = {
    "enrich_caller": Caller,
    "upload_conversions": Conversion,
    "log_calls": CallActivity,
    "send_text": OutboundText,
    "order_port": PortRequest,
    "transcribe": SpokenAudio,
    "export_person": PersonReference,
    "erase_person": PersonReference,
    "correct_person": Correction,
}
"""The hooks that hand personal data to a plugin, and the value that carries it."""
