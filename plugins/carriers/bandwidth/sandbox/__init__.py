"""A fake Bandwidth: its APIs on loopback, and simulated calls and texts as callbacks with a password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.api import AnswerDocument, WebhookRequest
from hub.api.carriers import Dial, HangUp, Instruction, Say, TakeMessage
from hub.api.sandbox import CallBackOutcome, Exchange, SimulatedCall
from plugins.carriers.bandwidth.bxml import Bxml
from plugins.carriers.bandwidth.sandbox.account import Account
from plugins.carriers.bandwidth.sandbox.call import PlacedCall, legs_of_call_back
from plugins.carriers.bandwidth.webhook import VoiceCallback


class Sandbox(Account):
    """Bandwidth with one account: the APIs over its state, and the callbacks of calls and texts."""

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        sent: list[tuple[datetime, WebhookRequest]] = []
        proof = self.proof(webhook_url)

        def forward(request: WebhookRequest) -> AnswerDocument:
            sent.append((request.received_at, request))
            reported = VoiceCallback(request, proof.addresses.carried(request))
            point, instructions = reported.answer_point(), tuple[Instruction, ...]()
            if request.path == "voice":
                instructions = (Dial(numbers=(call.answering_number,), record=call.recorded),)
            elif point is not None and point.moment != "whisper":
                leaves = request.path == "dial" and call.outcome == "voicemail"
                instructions = (Say(text="Please leave a message."), TakeMessage()) if leaves else (HangUp(),)
            number, caller = call.tracking_number, reported.callers_leg
            bxml = Bxml(lambda path, mark: proof.addresses.of(path, number, caller, mark), proof.user, proof.password)
            return bxml.render(instructions, records=bool(point and point.records))

        self.place_call(call, webhook_url, forward)
        return sent

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        placed = PlacedCall(
            self, call, webhook_url, lambda at, url, reported: exchange(self.form_webhook(url, reported, at))
        )
        self.heard[placed.sid] = placed.heard
        placed.play()
        return placed.sid

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        return list(legs_of_call_back(self, reference, outcome))

    def app(self) -> Any:
        from plugins.carriers.bandwidth.sandbox.api import app

        return app(self)
