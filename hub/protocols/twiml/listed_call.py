"""A simulated call of a carrier's stand-in: it follows the hub's documents, and it is in the account's lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar
from xml.etree import ElementTree

from hub.contracts.sandbox import SimulatedCall
from hub.protocols.twiml.account import TwimlAccount
from hub.protocols.twiml.player import Fields, Leg, Post, TwimlPlayer

Account = TypeVar("Account", bound=TwimlAccount)


class ListedCall(TwimlPlayer, Generic[Account]):
    """A call with the fields that the account's stand-in gives to webhooks and lists."""

    def __init__(self, account: Account, call: SimulatedCall, webhook_url: str, post: Post) -> None:
        super().__init__(call, account.new_call_id(), account.hidden_caller, webhook_url, post)
        self.account = account

    def begin(self) -> Fields:
        self.account.list_call(self.sid, self.caller, self.call.tracking_number, self.now, "inbound")
        return self.account.verification(self.call)

    def follows(self) -> None:
        self.account.calls[self.sid]["status"] = "in-progress"

    def end(self) -> Fields:
        return self.ended(self.sid, "completed", self.call.started_at)

    def ended(self, sid: str, status: str, since: datetime, sequence: int = 0) -> Fields:
        """End a leg in the list; the fields that report it. Only a completed leg has a duration."""
        duration = int((self.now - since).total_seconds()) if status == "completed" else 0
        self.account.end_listed(sid, status, self.now, duration)
        return self.account.progress(status, self.now, sequence, duration)

    def fields(self, status: str) -> Fields:
        fields = self.account.leg_fields(self.sid, self.caller, self.call.tracking_number, status, "inbound")
        return fields | ({self.account.name_field: self.call.caller_name} if self.call.caller_name else {})

    def leg_fields(self, leg: Leg, status: str) -> Fields:
        dialed = self.account.leg_fields(leg.sid, self.caller, leg.number, status, "outbound-dial")
        return dialed | {"ParentCallSid": self.sid}

    # Dialing

    def new_leg_sid(self) -> str:
        return self.account.new_call_id()

    def leg_begins(self, leg: Leg) -> None:
        self.account.list_call(leg.sid, self.caller, leg.number, self.now, "outbound-dial", self.sid)
        for status in ("initiated", "ringing"):
            self.report(leg, status, status)

    def leg_answered(self, leg: Leg) -> None:
        self.account.calls[leg.sid] |= {"start_time": self.account.listed_time(self.now), "status": "in-progress"}
        if not leg.noun.get("acceptKey"):
            self.report(leg, "answered", "in-progress")

    def leg_accepts(self, leg: Leg) -> None:
        if leg.noun.get("acceptKey"):
            self.report(leg, "answered", "in-progress")

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        self.report(leg, "completed", status, self.ended(leg.sid, status, since, leg.reported))

    def report(self, leg: Leg, event: str, status: str, progress: Fields | None = None) -> None:
        """Report a leg's event, if the document asks for it."""
        if leg.tells(event):
            reported = progress or self.account.progress(status, self.now, leg.reported)
            self.tell(leg.callback, self.leg_fields(leg, status) | reported)
            leg.reported += 1

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> Fields:
        return {"DialCallSid": leg.sid, "DialCallStatus": status, "DialCallDuration": str(talked)}

    # Recording

    def start_recording(self, verb: ElementTree.Element) -> str:
        channels = 1 if verb.tag == "Record" else 2
        return self.account.list_recording(
            self.sid, self.caller, self.call.tracking_number, self.now, verb.tag, channels
        )

    def finish_recording(self, sid: str, seconds: int) -> tuple[Fields, Fields]:
        recording = self.account.held_recordings[sid]
        recording |= {
            "status": "completed",
            "duration": str(seconds),
            "date_updated": self.account.stamp(self.now + self.storing),
        }
        self.account.audio[sid] = (self.call.audio, seconds)
        return self.account.recording_fields(recording)
