"""One simulated call: what Twilio's webhooks and its API contain.

Source: twilio.com/docs/voice/twiml (say, play, gather, dial, number, record, hangup) with their request parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from xml.etree import ElementTree

from hub.api import AnswerDocument, Leg, SimulatedCall, TwimlPlayer
from plugins.carriers.twilio.sandbox import resources
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.resources import API_VERSION, at_twilio, party_fields

HIDDEN_CALLER = "+266696687"
"""ANONYMOUS on a keypad: what Twilio sends for a caller who hides their number."""

Post = Callable[[datetime, str, dict[str, str]], AnswerDocument | None]


class PlacedCall(TwimlPlayer):
    """A simulated call that follows the hub's documents."""

    def __init__(self, account: Account, call: SimulatedCall, webhook_url: str, post: Post) -> None:
        super().__init__(call, account.new_sid("CA"), HIDDEN_CALLER, webhook_url, post)
        self.account = account

    def begin(self) -> dict[str, str]:
        self.account.calls[self.sid] = resources.call(
            self.account.account_sid, self.sid, self.caller, self.call.tracking_number, self.now
        )
        return {"StirVerstat": "TN-Validation-Passed-A"} if self.call.caller_number else {}

    def trouble(self) -> dict[str, str]:
        return {"ErrorCode": "11200", "ErrorUrl": f"{self.webhook_url}/voice"}

    def follows(self) -> None:
        self.account.calls[self.sid]["status"] = "in-progress"

    def end(self) -> dict[str, str]:
        duration = int((self.now - self.call.started_at).total_seconds())
        resources.ended(self.account.calls[self.sid], "completed", self.now, duration)
        return self._progress("completed", 0, duration)

    def fields(self, status: str) -> dict[str, str]:
        return self._fields(self.sid, self.call.tracking_number, status) | {"Direction": "inbound"}

    def leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        parent = {"ParentCallSid": self.sid, "Direction": "outbound-dial"}
        return self._fields(leg.sid, leg.number, status) | parent

    def _fields(self, sid: str, number: str, status: str) -> dict[str, str]:
        return party_fields(self.caller, number) | {
            "AccountSid": self.account.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": sid,
            "CallStatus": status,
        }

    def _progress(self, status: str, sequence: int, duration: int) -> dict[str, str]:
        progress = {
            "Timestamp": at_twilio(self.now),
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
        }
        if status not in ("initiated", "ringing", "in-progress"):
            progress |= {"CallDuration": str(duration), "Duration": str(math.ceil(duration / 60))}
        return progress

    def pressed(self, digits: str) -> dict[str, str]:
        return super().pressed(digits) | {"msg": "Gather End"}

    # Dialing

    def new_leg_sid(self) -> str:
        return self.account.new_sid("CA")

    def leg_begins(self, leg: Leg) -> None:
        self.account.calls[leg.sid] = resources.call(
            self.account.account_sid, leg.sid, self.caller, leg.number, self.now, parent=self.sid
        )
        for status in ("initiated", "ringing"):
            self._report_leg(leg, status, status, 0)

    def leg_answered(self, leg: Leg) -> None:
        self.account.calls[leg.sid] |= {"start_time": at_twilio(self.now), "status": "in-progress"}
        self._report_leg(leg, "answered", "in-progress", 0)

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        duration = int((self.now - since).total_seconds()) if status == "completed" else 0
        resources.ended(self.account.calls[leg.sid], status, self.now, duration)
        self._report_leg(leg, "completed", status, duration)

    def _report_leg(self, leg: Leg, event: str, status: str, duration: int) -> None:
        if leg.tells(event):
            self.tell(leg.callback, self.leg_fields(leg, status) | self._progress(status, leg.told, duration))
            leg.told += 1

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        fields = {"DialCallSid": leg.sid, "DialCallStatus": status, "DialBridged": "false"}
        if status == "completed":
            fields |= {"DialBridged": "true", "DialCallDuration": str(talked)}
        return fields | ({"RecordingUrl": recorded["RecordingUrl"]} if recorded else {})

    # Recording

    def start_recording(self, verb: ElementTree.Element) -> str:
        sid, account = self.account.new_sid("RE"), self.account.account_sid
        url = f"{self.account.origin}/{API_VERSION}/Accounts/{account}/Recordings/{sid}"
        self.account.held_recordings[sid] = resources.recording(
            account,
            sid,
            self.sid,
            self.now,
            source=f"{verb.tag}Verb",
            channels=1 if verb.tag == "Record" else 2,
            url=url,
        )
        return sid

    def finish_recording(self, sid: str, seconds: int) -> tuple[dict[str, str], dict[str, str]]:
        recording = self.account.held_recordings[sid]
        stored = at_twilio(self.now + self.storing)
        recording |= {"status": "completed", "duration": str(seconds), "date_updated": stored}
        self.account.audio[sid] = (self.call.audio, seconds)
        named = {"RecordingSid": sid, "RecordingUrl": recording["media_url"], "RecordingDuration": str(seconds)}
        return named, named | {
            "AccountSid": self.account.account_sid,
            "CallSid": self.sid,
            "RecordingStatus": "completed",
            "RecordingChannels": str(recording["channels"]),
            "RecordingStartTime": recording["start_time"],
            "RecordingSource": recording["source"],
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }

    def message_taken(self, recorded: Mapping[str, str]) -> dict[str, str]:
        return {**recorded, "Digits": "hangup"}
