"""The base of a carrier's stand-in that speaks TwiML: it plays calls by the hub's documents, and those that the hub places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hub.contracts.answers import Dial, HangUp, Instruction, Say, TakeMessage
from hub.contracts.numbers import RecordingControl
from hub.contracts.ports import PortStatus
from hub.contracts.sandbox import CallBackOutcome, Exchange, SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.protocols.twiml.account import TwimlAccount
from hub.protocols.twiml.addresses import CallbackAddresses
from hub.protocols.twiml.call_back_steps import STEPS, person_dial
from hub.protocols.twiml.carrier import render
from hub.protocols.twiml.language import Twiml
from hub.protocols.twiml.listed_call import ListedCall


class TwimlStandIn(TwimlAccount):
    """A carrier with one account: the webhooks of its calls and texts."""

    language: ClassVar[type[Twiml]] = Twiml
    player: ClassVar[type[ListedCall[Any]]] = ListedCall
    document_field: ClassVar[str] = "Twiml"
    """The field of a request that places a call, which holds the document."""

    def addresses(self, webhook_url: str) -> CallbackAddresses:
        """The addresses that the plugin makes; used to play calls without a hub."""
        return CallbackAddresses(webhook_url)

    # Calls

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call that is only forwarded, with a voice message if `call` says so."""
        sent: list[tuple[datetime, WebhookRequest]] = []
        addresses = self.addresses(webhook_url)

        def forward(request: WebhookRequest) -> AnswerDocument:
            sent.append((request.received_at, request))
            instructions: tuple[Instruction, ...] = (HangUp(),)
            if request.path == "voice":
                instructions = (Dial(numbers=(call.answering_number,), record=call.recorded),)
            elif request.path == "dial" and call.outcome == "voicemail":
                instructions = (Say(text="Please leave a message."), TakeMessage())
            return render(self.language, addresses, instructions, call.tracking_number)

        self.place_call(call, webhook_url, forward)
        return sent

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        """Play one call by the hub's documents. Returns its id."""
        placed = self.player(
            self, call, webhook_url, lambda at, url, fields: exchange(self.form_webhook(url, fields, at))
        )
        self.heard[placed.sid] = placed.heard
        placed.play()
        return placed.sid

    def spoken(self, call_id: str) -> Sequence[str]:
        """What the caller of a placed call heard."""
        return tuple(self.heard[call_id])

    def recordings(self) -> Sequence[str]:
        """The recordings that are not deleted."""
        return tuple(self.held_recordings)

    def held_ids(self) -> Sequence[str]:
        """The ids of all that the carrier still keeps of calls and texts: each leg, recording, text and picture."""
        return (*self.calls, *self.held_recordings, *self.messages, *self.media)

    def recording_controls(self, call_id: str) -> Sequence[RecordingControl]:
        """How the recording of a placed call was paused and resumed."""
        return tuple(self.recorded_controls.get(call_id, ()))

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a valid signature but a call status that does not exist."""
        fields = {"AccountSid": self.account_sid, "CallSid": self.new_call_id(), "CallStatus": "teleported"}
        return self.form_webhook(f"{webhook_url}/status", fields, self.clock())

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        """Set a port order's next status."""
        raise NotImplementedError("this carrier ports no numbers")

    # Calls that the hub places

    def placed_document(self, reference: str) -> str:
        """The document that connects a placed call."""
        return str(self.placed[reference][self.document_field])

    def placed_calls(self) -> Sequence[Mapping[str, str]]:
        """The calls that the hub placed and the carrier accepted, with both legs."""
        shown = []
        for sid, form in self.placed.items():
            dial = person_dial(self.placed_document(sid))
            shown.append(
                {
                    "reference": sid,
                    "caller_id": form["From"],
                    "user_number": form["To"],
                    "person_caller_id": dial.caller_id if dial else "",
                    "person_number": dial.number if dial else "",
                }
            )
        return shown

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        """Let both legs of a placed call happen; the signed webhooks about them."""
        form, dial = self.placed[reference], person_dial(self.placed_document(reference))
        assert dial is not None, "the document dials nobody"
        start, child, sent = self.clock(), self.new_call_id(), list[WebhookRequest]()
        for step in STEPS[outcome]:
            at, is_user = start + timedelta(seconds=step.after), step.leg == "user"
            leg, receiver = (reference, form["To"]) if is_user else (child, dial.number)
            sender, direction = (form["From"], "outbound-api") if is_user else (dial.caller_id, "outbound-dial")
            if leg not in self.calls:
                self.list_call(leg, sender, receiver, start, direction, reference)
            if step.status == "in-progress":
                self.calls[leg]["status"] = step.status
            else:
                self.end_listed(leg, step.status, at, step.duration)
            fields = self.leg_fields(leg, sender, receiver, step.status, direction)
            fields |= self.progress(step.status, at, 0, step.duration)
            if not is_user:
                fields["ParentCallSid"] = reference
            sent.append(self.form_webhook(form["StatusCallback"] if is_user else dial.callback, fields, at))
        return sent
