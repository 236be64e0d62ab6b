"""One simulated call, where Twilio's webhooks have more than those of others.

Source: twilio.com/docs/voice/twiml (gather, dial, record) with their request parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.api import Leg, ListedCall
from plugins.carriers.twilio.sandbox.account import Account


class PlacedCall(ListedCall[Account]):
    """A simulated call that follows the hub's documents."""

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
