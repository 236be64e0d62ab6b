"""A fake Vonage: its REST APIs on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

from typing import Any, Literal

from hub.api import WebhookRequest
from plugins.carriers.vonage.sandbox.account import Account
from plugins.carriers.vonage.sandbox.call import PlacedCall

ILLEGAL_NUMBER = "1250"


class Sandbox(Account):
    """Vonage with one account: the APIs over its state, and the webhooks of calls and texts."""

    player = PlacedCall

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number."""
        self.refused_numbers[number] = 400 if why == "number" else 403

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
