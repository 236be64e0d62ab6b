"""One simulated call: what Telnyx' webhooks and its call list contain.

Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs and /api-reference/callbacks (texml-*).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.etree import ElementTree

from hub.api import AnswerDocument, Leg, SimulatedCall, TwimlPlayer
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.messages import iso

HIDDEN_CALLER = "anonymous"

Post = Callable[[datetime, str, dict[str, str]], AnswerDocument | None]


def listed_time(at: datetime) -> str:
    """A time as the call list writes it (RFC 2822, whole seconds)."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0))


class PlacedCall(TwimlPlayer):
    """A simulated call that follows the hub's documents."""

    speaking = timedelta(seconds=4)

    def __init__(self, account: Account, call: SimulatedCall, webhook_url: str, post: Post) -> None:
        super().__init__(call, account.new_call_id(), HIDDEN_CALLER, webhook_url, post)
        self.account = account

    def begin(self) -> dict[str, str]:
        self._list(self.sid, self.call.tracking_number, "inbound")
        return {"ShakenStirAttestation": "A", "ShakenStirValidated": "true"} if self.call.caller_number else {}

    def end(self) -> dict[str, str]:
        self._end_listed(self.sid, "completed", self.call.started_at)
        length = str(int((self.now - self.call.started_at).total_seconds()))
        ended = {"CallDuration": length, "HangupCause": "normal_clearing", "HangupSource": "caller"}
        return self._progress(3) | ended

    def fields(self, status: str) -> dict[str, str]:
        return {
            "AccountSid": self.account.account_id,
            "CallSid": self.sid,
            "CallSidLegacy": self.sid,
            "ConnectionId": self.account.application_id,
            "CallStatus": status,
            "From": self.caller,
            "To": self.call.tracking_number,
        }

    def leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        return self.fields(status) | {
            "CallSid": leg.sid,
            "CallSidLegacy": leg.sid,
            "ParentCallSid": self.sid,
            "ParentCallSidLegacy": self.sid,
            "To": leg.number,
        }

    def _progress(self, sequence: int) -> dict[str, str]:
        return {
            "CallbackSource": "call-progress-events",
            "CallInitiatedAt": iso(self.call.started_at),
            "SequenceNumber": str(sequence),
            "Timestamp": iso(self.now),
        }

    def finish_key(self, verb: ElementTree.Element) -> str:
        return verb.get("finishOnKey") or "#"

    # Dialing

    def new_leg_sid(self) -> str:
        return self.account.new_call_id()

    def leg_begins(self, leg: Leg) -> None:
        self._list(leg.sid, leg.number, "outbound")

    def leg_answered(self, leg: Leg) -> None:
        if leg.tells("answered"):
            self.tell(leg.callback, self.leg_fields(leg, "in-progress") | self._progress(2))

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        self._end_listed(leg.sid, status, since)
        if leg.tells("completed"):
            form = self.leg_fields(leg, status) | self._progress(3)
            form["CallDuration"] = self.account.calls[leg.sid]["duration"]
            if status == "completed":
                form["AnsweredTime"] = iso(since)
            self.tell(leg.callback, form)

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        return {"DialCallSid": leg.sid, "DialCallStatus": status, "DialCallDuration": str(talked)}

    # Recording

    def start_recording(self, verb: ElementTree.Element) -> str:
        sid = self.account.new_id("recording")
        self.account.held_recordings[sid] = {
            "sid": sid,
            "account_sid": self.account.account_id,
            "call_sid": self.sid,
            "channels": 1 if verb.tag == "Record" and verb.get("channels") == "single" else 2,
            "source": f"{verb.tag}Verb",
            "status": "in-progress",
            "start_time": iso(self.now),
            "date_created": iso(self.now),
            "date_updated": iso(self.now),
            "duration": None,
            "from": self.caller,
            "to": self.call.tracking_number,
        }
        return sid

    def finish_recording(self, sid: str, seconds: int) -> tuple[dict[str, str], dict[str, str]]:
        recording = self.account.held_recordings[sid]
        recording |= {
            "status": "completed",
            "duration": str(seconds),
            "end_time": iso(self.now),
            "date_updated": iso(self.now + self.storing),
        }
        self.account.audio[sid] = (self.call.audio, seconds)
        named = {"RecordingSid": sid}
        return named, named | {
            "AccountSid": self.account.account_id,
            "CallSid": self.sid,
            "CallSidLegacy": self.sid,
            "ConnectionId": self.account.application_id,
            "RecordingSource": recording["source"],
            "RecordingStatus": "completed",
            "RecordingChannels": str(recording["channels"]),
            "RecordingDuration": str(seconds),
            "RecordingUrl": f"{self.account.origin}/storage/recordings/{sid}.wav?X-Amz-Signature=once",
        }

    # The call list

    def _list(self, sid: str, to: str, direction: str) -> None:
        began = listed_time(self.now)
        self.account.calls[sid] = {
            "sid": sid,
            "account_sid": self.account.account_id,
            "from": self.caller,
            "from_formatted": self.caller,
            "to": to,
            "to_formatted": to,
            "status": "in-progress",
            "direction": direction,
            "date_created": began,
            "date_updated": began,
            "start_time": began,
            "end_time": None,
            "duration": None,
            "caller_name": None,
            "answered_by": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"/v2/texml/Accounts/{self.account.account_id}/Calls/{sid}.json",
        }

    def _end_listed(self, sid: str, status: str, since: datetime) -> None:
        """End a leg; only a completed leg has a duration."""
        lasted = int((self.now - since).total_seconds()) if status == "completed" else 0
        ended = listed_time(self.now)
        self.account.calls[sid] |= {
            "status": status,
            "end_time": ended,
            "date_updated": ended,
            "duration": str(lasted),
        }
