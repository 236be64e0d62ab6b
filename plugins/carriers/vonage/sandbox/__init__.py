"""A fake Vonage: its REST APIs on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from xml.etree import ElementTree

from hub.api import WebhookRequest
from hub.api.twiml import Leg, ListedCall
from plugins.carriers.vonage.sandbox.account import Account
from plugins.carriers.vonage.sandbox.translate import steps


class PlacedCall(ListedCall[Account]):
    """A call whose every state is reported, of the caller's leg to the application and of a dialed one to its `connect`.

    Source: developer.vonage.com/en/voice/voice-api/webhook-reference (which event comes when) and /guides/call-flow.
    """

    picked_up = False

    def ask(self, url: str, form: dict[str, str]) -> ElementTree.Element | None:
        self._documents += 1
        document = self.tell(url, form)
        return steps(document.body) if document else None

    def follows(self) -> None:
        """Vonage answers the call as soon as it has a document."""
        super().follows()
        if not self.picked_up:
            self.picked_up = True
            for status in ("initiated", "in-progress"):
                self.tell(f"{self.webhook_url}/status", self.fields(status))

    def end(self) -> dict[str, str]:
        since = self.call.started_at
        return self.ended(self.sid, "completed" if self.picked_up else "failed", since) | (
            {} if self.picked_up else {"CallStatus": "failed"}
        )

    def leg_begins(self, leg: Leg) -> None:
        self.account.list_call(leg.sid, self.call.tracking_number, leg.number, self.now, "outbound-dial", self.sid)
        for status in ("initiated", "ringing"):
            self.tell(leg.callback, self.leg_fields(leg, status))

    def leg_answered(self, leg: Leg) -> None:
        super().leg_answered(leg)
        self.tell(leg.callback, self.leg_fields(leg, "in-progress"))

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        """`dialed` reports the final state, because the reply to it may be a new document."""
        self.ended(leg.sid, status, since, leg.reported)

    def leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        return super().leg_fields(leg, status) | {"From": self.call.tracking_number}

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        status = "canceled" if self.hung_up and status == "no-answer" else status
        return self.leg_fields(leg, status) | super().dialed(leg, status, talked, recorded)


ILLEGAL_NUMBER = "1250"


class Sandbox(Account):
    """Vonage with one account: the APIs over its state, and the webhooks of calls and texts."""

    player = PlacedCall

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number."""
        self.refused_numbers[number] = "invalid" if why == "number" else "forbidden"

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The report of a text's delivery. Only here Vonage says that the person opted out."""
        shown = self.messages[reference]
        if (shown["from"], shown["to"]) not in self.blocked:
            return super().text_status_webhook(reference, status, webhook_url)
        shown |= {"status": "undelivered", "error_code": int(ILLEGAL_NUMBER)}
        fields = self.text_fields(shown, "undelivered") | {"MessageStatus": "undelivered", "ErrorCode": ILLEGAL_NUMBER}
        return self.form_webhook(self.status_callbacks[reference], fields, self.clock())

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account, joined to no application."""
        from plugins.carriers.vonage.sandbox.numbers import Numbers

        if number not in self.known_numbers:
            self.known_numbers.add(number)
            Numbers(self).own(number, "US")

    def app(self) -> Any:
        from plugins.carriers.vonage.sandbox.api import app

        return app(self)
