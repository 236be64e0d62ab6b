"""A fake Twilio: its REST API on loopback, and simulated calls and texts as signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from hub.api.carriers import PortStatus
from hub.api.twiml import Leg, ListedCall
from plugins.carriers.twilio.sandbox.account import Account


class PlacedCall(ListedCall[Account]):
    """A simulated call that follows the hub's documents, with what only Twilio's webhooks have.

    Source: twilio.com/docs/voice/twiml (gather, dial, record) with their request parameters.
    """

    def rings(self, leg: Leg) -> bool:
        return leg.noun.tag != "Client" or leg.noun.text in self.account.browsers

    def trouble(self) -> dict[str, str]:
        return {"ErrorCode": "11200", "ErrorUrl": f"{self.webhook_url}/voice"}

    def pressed(self, digits: str) -> dict[str, str]:
        return super().pressed(digits) | {"msg": "Gather End"}

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        fields = super().dialed(leg, status, talked, recorded) | {"DialBridged": str(status == "completed").lower()}
        if status != "completed":
            del fields["DialCallDuration"]
        return fields | ({"RecordingUrl": recorded["RecordingUrl"]} if recorded else {})

    def message_taken(self, recorded: Mapping[str, str]) -> dict[str, str]:
        return {**recorded, "Digits": "hangup"}


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

    player = PlacedCall

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number with Twilio's own code."""
        self.refused_numbers[number] = {"caller_id": 21210, "country": 21215, "number": 21217}[why]

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

    def app(self) -> Any:
        from plugins.carriers.twilio.sandbox.api import app

        return app(self)
