"""A fake Telnyx: its REST API on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from hub.api import (
    AnswerDocument,
    AnswerPoint,
    CallBackOutcome,
    Dial,
    Exchange,
    HangUp,
    Instruction,
    PortStatus,
    RecordingControl,
    Say,
    SimulatedCall,
    TakeMessage,
    WebhookRequest,
)
from plugins.carriers.telnyx import signature
from plugins.carriers.telnyx.addresses import Addresses
from plugins.carriers.telnyx.sandbox import messages, outgoing
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.call import PlacedCall
from plugins.carriers.telnyx.texml import answer

PORT_WORDS: Mapping[PortStatus, str] = {
    "draft": "draft",
    "submitted": "submitted",
    "action_required": "exception",
    "scheduled": "foc-date-confirmed",
    "ported": "ported",
    "rejected": "cancelled",
    "cancelled": "cancelled",
}
"""Telnyx' names for the status of a port order. Telnyx never rejects an order; it cancels a hopeless one."""


class Sandbox(Account):
    """Telnyx with one account: the API over its state, and the webhooks of calls and texts."""

    # Calls

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call that is only forwarded, with a voice message if `call` says so."""
        sent: list[tuple[datetime, WebhookRequest]] = []
        addresses = Addresses(webhook_url, self.api_key)

        def forward(request: WebhookRequest) -> AnswerDocument:
            sent.append((request.received_at, request))
            instructions: tuple[Instruction, ...] = (HangUp(),)
            if request.path == "voice":
                instructions = (Dial(numbers=(call.answering_number,), record=call.recorded),)
            elif request.path == "dial" and call.outcome == "voicemail":
                instructions = (Say(text="Please leave a message."), TakeMessage())
            return answer(AnswerPoint(moment="ringing", tracking_number=call.tracking_number), instructions, addresses)

        self.place_call(call, webhook_url, forward)
        return sent

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        """Play one call by the hub's TeXML. Returns its CallSid."""
        placed = PlacedCall(self, call, webhook_url, lambda at, url, form: exchange(self.form_webhook(url, form, at)))
        self.heard[placed.sid] = placed.heard
        placed.play()
        return placed.sid

    def spoken(self, call_id: str) -> Sequence[str]:
        """What the caller of a placed call heard."""
        return tuple(self.heard[call_id])

    def recordings(self) -> Sequence[str]:
        """The recordings that are not deleted."""
        return tuple(self.held_recordings)

    def recording_controls(self, call_id: str) -> Sequence[RecordingControl]:
        """How the recording of a placed call was paused and resumed."""
        return tuple(self.recorded_controls.get(call_id, ()))

    # Calls that the hub places

    def placed_calls(self) -> Sequence[Mapping[str, str]]:
        """The calls that the hub placed and Telnyx accepted."""
        return outgoing.placed_calls(self)

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        """Let both legs of a placed call happen; the signed webhooks about them."""
        return [self.form_webhook(url, form, at) for at, url, form in outgoing.play(self, reference, outcome)]

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number with Telnyx' own code."""
        self.refused_numbers[number] = "10002" if why == "number" else "10010"

    # Texts

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a received text. As at Telnyx, STOP blocks texts to the sender, START allows them."""
        pictures = []
        for data in media:
            held = self.new_id("media")
            self.media[held] = data
            pictures.append((f"{self.origin}/storage/media/{held}", data))
        word = messages.opt_word(body)
        if word == "STOP":
            self.blocked.add((tracking_number, sender))
        elif word == "START":
            self.blocked.discard((tracking_number, sender))
        shown = messages.incoming(self, sender, tracking_number, body, pictures, word)
        self.messages[shown["id"]] = shown
        return self.json_webhook(f"{webhook_url}/message", "message.received", shown)

    def texts(self) -> Sequence[Mapping[str, str]]:
        """The texts that the hub sent and Telnyx accepted."""
        return [
            {
                "reference": one["id"],
                "sender": one["from"]["phone_number"],
                "recipient": one["to"][0]["phone_number"],
                "body": one["text"],
                "media": " ".join(picture["url"] for picture in one["media"]),
            }
            for one in self.messages.values()
            if one["direction"] == "outbound"
        ]

    def fetch_pictures(self, reference: str) -> Sequence[tuple[str, bytes]]:
        """The pictures of a text that the hub sent, from their addresses."""
        return [self.fetch(picture["url"]) for picture in self.messages[reference]["media"]]

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The signed webhook that reports a text's delivery, sent to the address that came with the text."""
        shown = messages.moved(self.messages[reference], status, self.clock())
        event_type = "message.sent" if status == "sent" else "message.finalized"
        return self.json_webhook(shown["webhook_url"] or f"{webhook_url}/message", event_type, shown)

    def block(self, sender: str, recipient: str) -> None:
        """The person sent STOP to Telnyx: texts to them are refused with 40300."""
        self.blocked.add((sender, recipient))

    # Numbers

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account, with no webhooks."""
        from plugins.carriers.telnyx.sandbox import numbers

        if number not in self.known_numbers:
            self.known_numbers.add(number)
            numbers.Numbers(self).own(number, self.new_id("number"), {})

    # Ports

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        """Set a port order to Telnyx' name for `status`."""
        details = [{"code": "OTHER", "description": detail}] if detail else []
        self.port_orders[order_id]["status"] = {"value": PORT_WORDS[status], "details": details}
        if status == "scheduled":
            settings = self.port_orders[order_id]["activation_settings"]
            settings["foc_datetime_actual"] = settings["foc_datetime_requested"] or messages.iso(self.clock())

    # Webhooks

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a valid signature but a call status that does not exist."""
        form = {"AccountSid": self.account_id, "CallSid": self.new_call_id(), "CallStatus": "teleported"}
        return self.form_webhook(f"{webhook_url}/status", form, self.clock())

    def form_webhook(self, url: str, form: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A TeXML webhook to `url`."""
        return self.signed(url, urlencode(form).encode(), "application/x-www-form-urlencoded", at)

    def json_webhook(self, url: str, event_type: str, payload: Mapping[str, Any]) -> WebhookRequest:
        """An event as JSON, sent to `url` now."""
        data = {
            "record_type": "event",
            "event_type": event_type,
            "id": self.new_id("event"),
            "occurred_at": messages.iso(self.clock()),
            "payload": payload,
        }
        body = json.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": url}}, ensure_ascii=False)
        return self.signed(url, body.encode(), "application/json", self.clock())

    def signed(self, url: str, body: bytes, content_type: str, at: datetime) -> WebhookRequest:
        """A webhook to `url`, signed with the account's key at `at`."""
        timestamp = str(int(at.timestamp()))
        headers = {
            "content-type": content_type,
            "user-agent": "telnyx-webhooks",
            signature.TIMESTAMP_HEADER: timestamp,
            signature.SIGNATURE_HEADER: signature.sign(self.private_key, timestamp, body),
        }
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    def app(self) -> Any:
        from plugins.carriers.telnyx.sandbox.api import app

        return app(self)
