"""One call as Telnyx lives it: it does what the hub's TeXML says, and sends the webhooks that this brings.

Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs and /api-reference/callbacks (texml-*).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree

from hub.api import AnswerDocument, SimulatedCall
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.messages import iso

HIDDEN_CALLER = "anonymous"
SPEAKING = timedelta(seconds=4)
"""How long a text or a file takes to be heard."""
PRESSING = timedelta(seconds=2)
STORING = timedelta(seconds=3)
"""From the end of a recording to its webhook."""
MOST_DOCUMENTS = 40
"""After so many a caller who gets nowhere hangs up."""

Post = Callable[[datetime, str, dict[str, str]], AnswerDocument | None]
"""Send a form: when, to which address, with which fields."""


def listed_time(at: datetime) -> str:
    """A time as the call list writes it (RFC 2822, whole seconds)."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0))


@dataclass
class Leg:
    """A phone that a `<Dial>` rings."""

    sid: str
    noun: ElementTree.Element

    @property
    def number(self) -> str:
        return self.noun.text or ""

    def tells(self, event: str) -> bool:
        """Whether the document asks to be told of an event of this leg."""
        return event in (self.noun.get("statusCallbackEvent") or "completed").split()


class PlacedCall:
    """A simulated call on its way through the hub's documents."""

    def __init__(self, sandbox: Account, call: SimulatedCall, webhook_url: str, post: Post) -> None:
        self.sandbox, self.call, self.webhook_url, self._post = sandbox, call, webhook_url, post
        self.sid = sandbox.new_call_id()
        self.heard: list[str] = []
        """What the caller heard: texts, and addresses of files."""
        self._now = call.started_at
        self._keys = list(call.keys)
        self._later: list[tuple[datetime, str, dict[str, str]]] = []
        self._hung_up = False
        self._caller = call.caller_number or HIDDEN_CALLER
        self._documents = 0

    def play(self) -> None:
        """Live the call from its first ring to its end."""
        self._list(self.sid, self.call.tracking_number, "inbound")
        verified = {"ShakenStirAttestation": "A", "ShakenStirValidated": "true"} if self.call.caller_number else {}
        ring = self._caller_fields("ringing") | verified
        response = self._ask(f"{self.webhook_url}/voice", ring)
        if response is None:
            response = self._ask(f"{self.webhook_url}/fallback", ring)
        while response is not None and not self._hung_up and self._documents < MOST_DOCUMENTS:
            response = self._follow(response)
        self._end_listed(self.sid, "completed", self.call.started_at)
        length = str(int((self._now - self.call.started_at).total_seconds()))
        self._tell(
            f"{self.webhook_url}/status",
            self._caller_fields("completed")
            | self._progress(3)
            | {"CallDuration": length, "HangupCause": "normal_clearing", "HangupSource": "caller"},
        )
        for at, url, form in sorted(self._later, key=lambda one: one[0]):
            self._post(at, url, form)

    # What is sent

    def _caller_fields(self, status: str) -> dict[str, str]:
        return {
            "AccountSid": self.sandbox.account_id,
            "CallSid": self.sid,
            "CallSidLegacy": self.sid,
            "ConnectionId": self.sandbox.application_id,
            "CallStatus": status,
            "From": self._caller,
            "To": self.call.tracking_number,
        }

    def _leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        return self._caller_fields(status) | {
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
            "Timestamp": iso(self._now),
        }

    def _tell(self, url: str, form: dict[str, str]) -> AnswerDocument | None:
        """Send a form now, after all that was due before."""
        due = sorted((one for one in self._later if one[0] <= self._now), key=lambda one: one[0])
        self._later = [one for one in self._later if one[0] > self._now]
        for at, where, told in due:
            self._post(at, where, told)
        return self._post(self._now, url, form)

    def _ask(self, url: str, form: dict[str, str]) -> ElementTree.Element | None:
        """Send a form that waits for TeXML; the `<Response>`, None where there is none that can be read."""
        self._documents += 1
        document = self._tell(url, form)
        try:
            return ElementTree.fromstring(document.body) if document else None  # noqa: S314
        except ElementTree.ParseError:
            return None

    # What the document says

    def _follow(self, response: ElementTree.Element) -> ElementTree.Element | None:
        """Do what a document says; the document that follows it, None where the call ends."""
        for verb in response:
            match verb.tag:
                case "Say" | "Play":
                    self._hear(verb)
                case "Gather":
                    digits = self._gather(verb)
                    if self._hung_up:
                        return None
                    if digits:
                        form = self._caller_fields("in-progress") | {"Digits": digits, "FinishedOnKey": ""}
                        return self._ask(verb.get("action", ""), form)
                case "Redirect":
                    return self._ask(verb.text or "", self._caller_fields("in-progress"))
                case "Dial":
                    return self._dial(verb)
                case "Record" if self.call.outcome != "abandoned" and self.call.talk:
                    return self._record(verb)
                case "Record":
                    self._hung_up = self.call.outcome == "abandoned"
                case "Hangup":
                    return None
        return None

    def _hear(self, verb: ElementTree.Element) -> None:
        self.heard.append(verb.text or "")
        self._now += SPEAKING

    def _gather(self, verb: ElementTree.Element) -> str:
        for prompt in verb:
            self._hear(prompt)
        entry = self._keys.pop(0) if self._keys else ""
        if entry is None:
            self._hung_up = True
            return ""
        pressed = entry[: int(verb.get("maxDigits", "128"))].partition(verb.get("finishOnKey") or "#")[0]
        self._now += PRESSING if pressed else timedelta(seconds=int(verb.get("timeout", "5")))
        return pressed

    def _dial(self, verb: ElementTree.Element) -> ElementTree.Element | None:
        legs = [Leg(self.sandbox.new_call_id(), noun) for noun in verb.iter("Number")]
        limit = timedelta(seconds=int(verb.get("timeout", "30")))
        began = self._now
        for leg in legs:
            self._list(leg.sid, leg.number, "outbound")
        self._now += min(self.call.ring, limit)
        picked_up = next((leg for leg in legs if leg.number == self.call.answering_number), None)
        if picked_up is None or self.call.outcome != "answered" or self.call.ring > limit:
            for leg in legs:
                self._leg_ends(leg, "no-answer", began)
            self._hung_up = self.call.outcome == "abandoned"
            ended = {"DialCallSid": legs[0].sid, "DialCallStatus": "no-answer", "DialCallDuration": "0"}
        else:
            ended = self._talk(verb, legs, picked_up, began)
        status = "completed" if self._hung_up else "in-progress"
        return self._ask(verb.get("action", ""), self._caller_fields(status) | ended)

    def _talk(self, verb: ElementTree.Element, legs: list[Leg], picked_up: Leg, began: datetime) -> dict[str, str]:
        """The conversation with the phone that picked up; the fields of the dial's end."""
        recording = None
        if verb.get("record", "do-not-record") != "do-not-record" and self.call.recorded:
            recording = self._start_recording("DialVerb", 2)
        answered_at = self._now
        if picked_up.tells("answered"):
            form = self._leg_fields(picked_up, "in-progress") | self._progress(2)
            self._tell(picked_up.noun.get("statusCallback", ""), form)
        for leg in legs:
            if leg is not picked_up:
                self._leg_ends(leg, "canceled", began)
        if picked_up.noun.get("url"):
            # What is said there is for the person who picked up alone.
            self._ask(picked_up.noun.get("url", ""), self._leg_fields(picked_up, "in-progress"))
        self._now += self.call.talk
        self._leg_ends(picked_up, "completed", answered_at)
        talked = int(self.call.talk.total_seconds())
        if recording:
            self._finish_recording(recording, verb, talked)
        return {"DialCallSid": picked_up.sid, "DialCallStatus": "completed", "DialCallDuration": str(talked)}

    def _leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        self._end_listed(leg.sid, status, since)
        if leg.tells("completed"):
            form = self._leg_fields(leg, status) | self._progress(3)
            form["CallDuration"] = self.sandbox.calls[leg.sid]["duration"]
            if status == "completed":
                form["AnsweredTime"] = iso(since)
            self._tell(leg.noun.get("statusCallback", ""), form)

    # Recording

    def _record(self, verb: ElementTree.Element) -> ElementTree.Element | None:
        longest = timedelta(seconds=int(verb.get("maxLength", "3600")))
        recording = self._start_recording("RecordVerb", 1 if verb.get("channels") == "single" else 2)
        spoken = min(self.call.talk, longest)
        self._now += spoken
        self._hung_up = self.call.talk <= longest
        self._finish_recording(recording, verb, int(spoken.total_seconds()))
        return self._ask(verb.get("action", ""), self._caller_fields("completed" if self._hung_up else "in-progress"))

    def _start_recording(self, source: str, channels: int) -> dict[str, Any]:
        sid = self.sandbox.new_id("recording")
        recording: dict[str, Any] = {
            "sid": sid,
            "account_sid": self.sandbox.account_id,
            "call_sid": self.sid,
            "channels": channels,
            "source": source,
            "status": "in-progress",
            "start_time": iso(self._now),
            "date_created": iso(self._now),
            "date_updated": iso(self._now),
            "duration": None,
            "from": self._caller,
            "to": self.call.tracking_number,
        }
        self.sandbox.held_recordings[sid] = recording
        return recording

    def _finish_recording(self, recording: dict[str, Any], verb: ElementTree.Element, seconds: int) -> None:
        stored = self._now + STORING
        recording |= {
            "status": "completed",
            "duration": str(seconds),
            "end_time": iso(self._now),
            "date_updated": iso(stored),
        }
        self.sandbox.audio[recording["sid"]] = (self.call.audio, seconds)
        form = {
            "AccountSid": self.sandbox.account_id,
            "CallSid": self.sid,
            "CallSidLegacy": self.sid,
            "ConnectionId": self.sandbox.application_id,
            "RecordingSid": recording["sid"],
            "RecordingSource": recording["source"],
            "RecordingStatus": "completed",
            "RecordingChannels": str(recording["channels"]),
            "RecordingDuration": str(seconds),
            "RecordingUrl": f"{self.sandbox.origin}/storage/recordings/{recording['sid']}.wav?X-Amz-Signature=once",
        }
        if verb.get("recordingStatusCallback"):
            self._later.append((stored, verb.get("recordingStatusCallback", ""), form))

    # The call list

    def _list(self, sid: str, to: str, direction: str) -> None:
        began = listed_time(self._now)
        self.sandbox.calls[sid] = {
            "sid": sid,
            "account_sid": self.sandbox.account_id,
            "from": self._caller,
            "from_formatted": self._caller,
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
            "uri": f"/v2/texml/Accounts/{self.sandbox.account_id}/Calls/{sid}.json",
        }

    def _end_listed(self, sid: str, status: str, since: datetime) -> None:
        """A leg ends; only a completed one has lasted."""
        lasted = int((self._now - since).total_seconds()) if status == "completed" else 0
        ended = listed_time(self._now)
        self.sandbox.calls[sid] |= {
            "status": status,
            "end_time": ended,
            "date_updated": ended,
            "duration": str(lasted),
        }
