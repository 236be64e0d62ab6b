"""A fake Twilio: its REST API on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

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
from plugins.carriers.twilio import signature, texts, twiml
from plugins.carriers.twilio.sandbox import outgoing, resources
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.calls import PlacedCall
from plugins.carriers.twilio.sandbox.resources import API_VERSION

STOPPING = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTING = frozenset({"START", "UNSTOP", "YES"})
UNREACHABLE = "30003"
"""The error of a text that could not be delivered."""

PORT_WORDS: Mapping[PortStatus, str] = {
    "draft": "Waiting for Signature",
    "submitted": "In Review",
    "scheduled": "In Progress",
    "action_required": "Action Required",
    "ported": "Completed",
    "rejected": "Expired",
    "cancelled": "Canceled",
}
"""Twilio's names for the status of a port order."""


class Sandbox(Account):
    """Twilio with one account: the API over its state, and the webhooks of calls and texts."""

    # Calls

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call that is only forwarded, with a voice message if `call` says so."""
        sent: list[tuple[datetime, WebhookRequest]] = []

        def forward(request: WebhookRequest) -> AnswerDocument:
            sent.append((request.received_at, request))
            instructions: tuple[Instruction, ...] = (HangUp(),)
            if request.path == "voice":
                instructions = (Dial(numbers=(call.answering_number,), record=call.recorded),)
            elif request.path == "dial" and call.outcome == "voicemail":
                instructions = (Say(text="Please leave a message."), TakeMessage())
            point = AnswerPoint(moment="ringing", tracking_number=call.tracking_number)
            return twiml.answer(point, instructions, webhook_url)

        self.place_call(call, webhook_url, forward)
        return sent

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        """Play one call by the hub's TwiML. Returns its CallSid."""
        placed = PlacedCall(self, call, webhook_url, lambda at, url, fields: exchange(self.request(url, fields, at)))
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
        """The calls that the hub placed and Twilio accepted."""
        return outgoing.placed_calls(self)

    def play_call_back(self, reference: str, outcome: CallBackOutcome) -> Sequence[WebhookRequest]:
        """Let both legs of a placed call happen; the signed webhooks about them."""
        return [self.request(url, fields, at) for at, url, fields in outgoing.play(self, reference, outcome)]

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number with Twilio's own code."""
        self.refused_numbers[number] = {"caller_id": 21210, "country": 21215, "number": 21217}[why]

    # Texts

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a received text. As at Twilio, STOP blocks texts to the sender, START allows them."""
        sid, now = self.new_sid("MM" if media else "SM"), self.clock()
        word = body.strip().upper()
        if word in STOPPING:
            self.blocked.add((tracking_number, sender))
        elif word in STARTING:
            self.blocked.discard((tracking_number, sender))
        shown = resources.text(
            self.account_sid,
            sid,
            sender,
            tracking_number,
            body,
            now,
            status="received",
            direction="inbound",
            media=len(media),
        )
        self.messages[sid] = shown
        fields = resources.text_fields(shown, "received") | {
            "SmsMessageSid": sid,
            "Body": body,
            "NumMedia": str(len(media)),
            "NumSegments": "1",
        }
        for index, picture in enumerate(media):
            held = self.new_sid("ME")
            self.media[held] = (sid, picture)
            address = f"{self.origin}/{API_VERSION}/Accounts/{self.account_sid}/Messages/{sid}/Media/{held}"
            fields |= {f"MediaUrl{index}": address, f"MediaContentType{index}": "image/png"}
        return self.request(f"{webhook_url}/message", fields, now)

    def texts(self) -> Sequence[Mapping[str, str]]:
        """The texts that the hub sent and Twilio accepted."""
        return [
            {
                "reference": one["sid"],
                "sender": one["from"],
                "recipient": one["to"],
                "body": one["body"],
                "media": " ".join(self.sent_media.get(one["sid"], ())),
            }
            for one in self.messages.values()
            if one["direction"] == "outbound-api"
        ]

    def fetch_pictures(self, reference: str) -> Sequence[tuple[str, bytes]]:
        """The pictures of a text that the hub sent, from their addresses."""
        return [self.fetch(address) for address in self.sent_media.get(reference, ())]

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The signed webhook that reports a text's delivery, sent to the address that came with the text."""
        word = "undelivered" if status == "failed" else status
        shown = self.messages[reference]
        shown["status"] = word
        fields = resources.text_fields(shown, word) | {"MessageStatus": word}
        if status == "failed":
            shown["error_code"] = int(UNREACHABLE)
            fields["ErrorCode"] = UNREACHABLE
        url = self.status_callbacks.get(reference, texts.status_address(webhook_url))
        return self.request(url, fields, self.clock())

    def block(self, sender: str, recipient: str) -> None:
        """The person sent STOP to Twilio: texts to them are refused with 21610."""
        self.blocked.add((sender, recipient))

    # Numbers

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account, with no webhooks."""
        from plugins.carriers.twilio.sandbox import api

        if number not in self.known_numbers:
            self.known_numbers.add(number)
            api.Api(self).own(number, {})

    # Ports

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        """Set a port order to Twilio's name for `status`."""
        self.port_orders[order_id] |= {
            "port_in_request_status": PORT_WORDS[status],
            "order_cancellation_reason": detail or None if status in ("cancelled", "rejected") else None,
            "suggested_action": detail or None if status == "action_required" else None,
        }

    # Webhooks

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a valid signature but a call status that does not exist."""
        fields = {"AccountSid": self.account_sid, "CallSid": self.new_sid("CA"), "CallStatus": "teleported"}
        return self.request(f"{webhook_url}/status", fields, self.clock())

    def request(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url` with `fields`, signed with the auth token."""
        body = urlencode(fields).encode()
        text = signature.signed_text(url, signature.form_fields(body))
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "user-agent": "TwilioProxy/1.1",
            "i-twilio-idempotency-token": self._digest(text.hex()),
            signature.SIGNATURE_HEADER: signature.sign(self.auth_token, text),
        }
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    def app(self) -> Any:
        from plugins.carriers.twilio.sandbox.api import app

        return app(self)
