"""One simulated call that follows the hub's NCCOs.

Source: developer.vonage.com/en/voice/voice-api/webhook-reference (which event comes when) and /guides/call-flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from xml.etree import ElementTree

from hub.api import Leg, ListedCall
from plugins.carriers.vonage.sandbox.account import Account
from plugins.carriers.vonage.sandbox.translate import steps


class PlacedCall(ListedCall[Account]):
    """A call whose every state is reported, of the caller's leg to the application and of a dialed one to its `connect`."""

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
        self.ended(leg.sid, status, since, leg.told)

    def leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        return super().leg_fields(leg, status) | {"From": self.call.tracking_number}

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        status = "canceled" if self.hung_up and status == "no-answer" else status
        return self.leg_fields(leg, status) | super().dialed(leg, status, talked, recorded)
