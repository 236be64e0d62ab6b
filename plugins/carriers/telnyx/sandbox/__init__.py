"""A fake Telnyx: its REST API on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from xml.etree import ElementTree

from hub.api import WebhookRequest
from hub.api.carriers import PortStatus
from hub.api.twiml import Leg, ListedCall
from plugins.carriers.telnyx.sandbox import messages
from plugins.carriers.telnyx.sandbox.account import Account


class PlacedCall(ListedCall[Account]):
    """A simulated call that follows the hub's documents, with what only Telnyx' webhooks have.

    Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs and /api-reference/callbacks (texml-*).
    """

    speaking = timedelta(seconds=4)

    def end(self) -> dict[str, str]:
        return super().end() | {"HangupCause": "normal_clearing", "HangupSource": "caller"}

    def finish_key(self, verb: ElementTree.Element) -> str:
        return verb.get("finishOnKey") or "#"

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        ended = self.ended(leg.sid, status, since, leg.reported)
        answered = {"AnsweredTime": self.account.stamp(since)} if status == "completed" else {}
        self.report(leg, "completed", status, ended | answered)

    def finish_recording(self, sid: str, seconds: int) -> tuple[dict[str, str], dict[str, str]]:
        self.account.held_recordings[sid]["end_time"] = self.account.stamp(self.now)
        return super().finish_recording(sid, seconds)


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

    player = PlacedCall

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
        shown = messages.moved(self.messages[reference], status, self.stamp(self.clock()))
        event_type = "message.sent" if status == "sent" else "message.finalized"
        return self.json_webhook(shown["webhook_url"] or f"{webhook_url}/message", event_type, shown)

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
            settings["foc_datetime_actual"] = settings["foc_datetime_requested"] or self.stamp(self.clock())

    def app(self) -> Any:
        from plugins.carriers.telnyx.sandbox.api import app

        return app(self)
