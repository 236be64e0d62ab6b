"""Texts of a carrier's stand-in that speaks TwiML: received ones as signed forms, sent ones with their delivery.

Source: twilio.com/docs/messaging/api/message-resource and messaging/guides/webhook-request.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal

from hub.contracts.sandbox import HttpSandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import WebhookRequest
from hub.protocols.twiml.webhook import TEXT_STATUS_PATH

STOPPING = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTING = frozenset({"START", "UNSTOP", "YES"})


class TextsStandIn(HttpSandbox):
    """The texts of an account."""

    undelivered: ClassVar[str] = "30003"
    """The carrier's error of a text that could not be delivered."""
    account_sid: str

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.messages: dict[str, JsonObject] = {}
        """By id, as the API shows them."""
        self.media: JsonObject = {}
        """By media id: the text that it belongs to, and the picture."""
        self.sent_media: dict[str, tuple[str, ...]] = {}
        """By sent text: the addresses of its pictures."""
        self.status_callbacks: dict[str, str] = {}
        """By text: the address to which the carrier reports its delivery."""
        self.blocked: set[tuple[str, str]] = set()
        """(our number, person) pairs whose person sent STOP."""

    @abstractmethod
    def new_sid(self, prefix: str) -> str:
        """The next id of a kind."""

    @abstractmethod
    def stamp(self, at: datetime) -> str:
        """A time as the carrier writes it."""

    @abstractmethod
    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url` with the carrier's signature."""

    def picture_address(self, text: str, picture: str) -> str:
        """The address of a received text's picture."""
        return f"{self.url}/Messages/{text}/Media/{picture}"

    def list_text(
        self, sender: str, receiver: str, body: str, status: str, direction: str, media: int = 0
    ) -> JsonObject:
        """Put a text into the list."""
        sid, at = self.new_sid("MM" if media else "SM"), self.stamp(self.clock())
        self.messages[sid] = {
            "sid": sid,
            "account_sid": self.account_sid,
            "from": sender,
            "to": receiver,
            "body": body,
            "status": status,
            "direction": direction,
            "num_media": str(media),
            "num_segments": "1",
            "date_created": at,
            "date_sent": at if direction == "inbound" else None,
            "date_updated": at,
            **dict.fromkeys(("error_code", "error_message", "price")),
        }
        return self.messages[sid]

    def text_fields(self, shown: Mapping[str, object], status: str) -> dict[str, str]:
        """The fields that every webhook about a text has."""
        sid = str(shown["sid"])
        named = {"AccountSid": self.account_sid, "MessageSid": sid, "SmsSid": sid, "SmsStatus": status}
        return named | {"From": str(shown["from"]), "To": str(shown["to"])}

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a received text. STOP blocks texts to the sender, START allows them."""
        word = body.strip().upper()
        if word in STOPPING:
            self.blocked.add((tracking_number, sender))
        elif word in STARTING:
            self.blocked.discard((tracking_number, sender))
        shown = self.list_text(sender, tracking_number, body, "received", "inbound", len(media))
        sid = str(shown["sid"])
        fields = self.text_fields(shown, "received") | {
            "SmsMessageSid": sid,
            "Body": body,
            "NumMedia": str(len(media)),
            "NumSegments": "1",
        }
        for index, picture in enumerate(media):
            held = self.new_sid("ME")
            self.media[held] = (sid, picture)
            address = self.picture_address(sid, held)
            fields |= {f"MediaUrl{index}": address, f"MediaContentType{index}": "image/png"}
        return self.form_webhook(f"{webhook_url}/message", fields, self.clock())

    def send(self, sender: str, receiver: str, body: str, media: Sequence[str], report_to: str | None) -> JsonObject:
        """Take a text that the hub sends."""
        shown = self.list_text(sender, receiver, body, "queued", "outbound-api", len(media))
        self.sent_media[shown["sid"]] = tuple(media)
        if report_to:
            self.status_callbacks[shown["sid"]] = report_to
        return shown

    def texts(self) -> Sequence[Mapping[str, str]]:
        """The texts that the hub sent and the carrier accepted."""
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

    def delivery_fields(self, shown: Mapping[str, object], status: str) -> dict[str, str]:
        """The fields of a webhook that reports a text's delivery."""
        return self.text_fields(shown, status) | {"MessageStatus": status}

    def error_of(self, reference: str) -> str:
        """The carrier's error of a text that failed."""
        return self.undelivered

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The signed webhook that reports a text's delivery, sent to the address that came with the text."""
        word = "undelivered" if status == "failed" else status
        shown = self.messages[reference]
        shown["status"] = word
        fields = self.delivery_fields(shown, word)
        if status == "failed":
            fields["ErrorCode"] = self.error_of(reference)
            shown["error_code"] = int(fields["ErrorCode"])
        url = self.status_callbacks.get(reference, f"{webhook_url}/{TEXT_STATUS_PATH}")
        return self.form_webhook(url, fields, self.clock())

    def block(self, sender: str, recipient: str) -> None:
        """The person sent STOP to the carrier: it refuses texts to them."""
        self.blocked.add((sender, recipient))
