"""Hooks for calls: verify and parse the carrier's webhooks, answer a ringing call, place a call, list the account's calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hub.contracts.answers import AnswerPoint, Instruction
from hub.contracts.browser_phones import PhoneToken
from hub.contracts.call_backs import CallBack
from hub.contracts.conversions import Receipt
from hub.contracts.events import CallCapture, CallEvent, Event
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook, WebhookRequest
from hub.hookspecs.markers import hookspec


class CallHooks(Protocol):
    """Call ingestion: carriers."""

    @hookspec(network=False, deadline=1, scheduled=False)
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        """Is this request really from the provider, and which of its events is it?

        Called for every webhook before anything is stored. Check the signature over the raw body and `request.url`, in
        constant time, and raise `BadSignature` if it does not match. The event key comes from signed content only and must
        be made even if the rest of the content cannot be understood. No network, no waiting: a caller may be ringing.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        """The events in a verified webhook, in the hub's terms; empty if it holds nothing that the hub keeps.

        Called by the worker, and immediately if the carrier waits for an answer. The same request always gives the same
        events. Raise `BadPayload` if the content cannot be understood: the webhook is parked and can be replayed.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The document that makes the carrier carry out `instructions` for a call at `point`, one after the other.

        Called in the webhook's request, with a deadline of one second for everything; if it is late or fails, the hub
        answers with a prepared document that only forwards the call. Put the tracking number and the instruction's `mark`
        into the addresses below `services.webhook_url` at which the carrier asks next, so that both come back in the next
        `AnswerPoint`. The hub gives only instructions that the manifest's `abilities` allow. No network.
        """

    @hookspec(network=False, deadline=1, scheduled=False)
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        """The reply to a webhook that only reports something, in the form that the provider expects.

        Called once at start for each connector, with an empty request; the answer is reused.
        """

    @hookspec(network=True, deadline=30, scheduled=False, once=True)
    def place_call(self, call: CallBack) -> Receipt:
        """Ring the user's phone, then connect it with the person, who sees the tracking number: `accepted` once the carrier
        has taken the call (with its id as `reference`, if the reply has it), or `rejected` with the carrier's code.

        Called by the worker after consent is decided, and only one time. Give the carrier the whole document with the
        request if it takes one, so that no phone waits for the hub. `parse_webhook` reports both legs as `CallBackEvent`,
        never as a `CallEvent`. If the outcome is unknown (a time-out), raise `OutcomeUnknown`: the hub never dials again by
        itself. A plugin with this hook declares the ability `call_back`.
        """

    @hookspec(network=True, deadline=10, scheduled=False)
    def sign_in_phone(self, name: str) -> PhoneToken:
        """A token with which a browser takes the calls of `phone:NAME`, one of `phone_users()`, with the SDK that the manifest
        names as `browser_phone`.

        Called when that user signs in at the page *Phone*, and again before the token ends. The token permits to take calls of
        this one phone, and nothing else.
        """

    @hookspec(network=True, deadline=60, scheduled=True)
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Calls that began at or after `since` (aware UTC), from the carrier's own call list: for each finished call the
        events that lead to its final state.

        Called on the connector's schedule, to find calls whose webhooks never came. Known events change nothing.
        """

    @hookspec(network=True, deadline=60, scheduled=False)
    def capture_call(self, call_id: str, masked: bool) -> CallCapture:
        """The signalling of one call and of its phones, as a pcap file; with `masked`, numbers are hidden but for their last
        two digits, and names wholly. Never keys of the sound, passwords or keys that a party pressed.

        Called by `hub sip capture`. Raise `Rejected` if nothing of the call is kept.
        """
