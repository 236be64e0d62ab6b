"""One simulated call, where Telnyx' webhooks differ from those of others.

Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs and /api-reference/callbacks (texml-*).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.etree import ElementTree

from hub.api import Leg, ListedCall
from plugins.carriers.telnyx.sandbox.account import Account


class PlacedCall(ListedCall[Account]):
    """A simulated call that follows the hub's documents."""

    speaking = timedelta(seconds=4)

    def end(self) -> dict[str, str]:
        return super().end() | {"HangupCause": "normal_clearing", "HangupSource": "caller"}

    def finish_key(self, verb: ElementTree.Element) -> str:
        return verb.get("finishOnKey") or "#"

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        ended = self.ended(leg.sid, status, since, leg.told)
        answered = {"AnsweredTime": self.account.stamp(since)} if status == "completed" else {}
        self.report(leg, "completed", status, ended | answered)

    def finish_recording(self, sid: str, seconds: int) -> tuple[dict[str, str], dict[str, str]]:
        self.account.held_recordings[sid]["end_time"] = self.account.stamp(self.now)
        return super().finish_recording(sid, seconds)
