"""One call as Twilio lives it: it does what the hub's TwiML says and sends the webhooks that this brings, in order.

Source: twilio.com/docs/voice/twiml (say, play, gather, dial, number, record, hangup) with their request parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hub.api import AnswerDocument, SimulatedCall
from plugins.carriers.twilio.sandbox import resources
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.resources import API_VERSION, at_twilio, party_fields

HIDDEN_CALLER = "+266696687"
"""ANONYMOUS on a keypad: what Twilio sends for a caller who hides."""
SPEAKING = timedelta(seconds=5)
"""How long a text or a file takes to be heard."""
PRESSING = timedelta(seconds=2)
PROCESSING = timedelta(seconds=3)
"""From the end of a recording to its webhook."""
PATIENCE = 40
"""Documents after which a caller who gets nowhere hangs up."""

Send = Callable[[datetime, str, dict[str, str]], AnswerDocument | None]
"""Send a webhook: when, to which address, with which fields."""


@dataclass
class Phone:
    """A phone that a `<Dial>` rings."""

    number: str
    whisper: str | None
    status_url: str | None
    events: frozenset[str]
    sid: str
    sequence: int = 0


class PlacedCall:
    """A simulated call on its way through the hub's documents."""

    def __init__(self, sandbox: Account, call: SimulatedCall, webhook_url: str, send: Send) -> None:
        self.sandbox, self.call, self.webhook_url = sandbox, call, webhook_url
        self.sid = sandbox.new_sid("CA")
        self.heard: list[str] = []
        """What the caller heard: texts, and addresses of files."""
        self._send_now = send
        self._now = call.started_at
        self._keys = list(call.keys)
        self._waiting: list[tuple[datetime, str, dict[str, str]]] = []
        self._asked = 0
        self._gone = False
        self._verified = "TN-Validation-Passed-A" if call.caller_number else None
        self._leg = resources.call(
            sandbox.account_sid,
            self.sid,
            self._caller,
            call.tracking_number,
            call.started_at,
            verification=self._verified,
        )

    def play(self) -> None:
        """Live the call from its first ring to its end."""
        self.sandbox.calls[self.sid] = self._leg
        ring = self._about("ringing") | ({"StirVerstat": self._verified} if self._verified else {})
        document = self._ask(f"{self.webhook_url}/voice", ring)
        if document is None:
            trouble = {"ErrorCode": "11200", "ErrorUrl": f"{self.webhook_url}/voice"}
            document = self._ask(f"{self.webhook_url}/fallback", ring | trouble)
        while document is not None and not self._gone and self._asked < PATIENCE:
            document = self._perform(document)
        self._end()

    @property
    def _caller(self) -> str:
        return self.call.caller_number or HIDDEN_CALLER

    def _about(self, status: str) -> dict[str, str]:
        """The fields that every webhook about the caller's leg has."""
        return party_fields(self._caller, self.call.tracking_number) | {
            "AccountSid": self.sandbox.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": status,
            "Direction": "inbound",
        }

    def _send(self, url: str, fields: dict[str, str]) -> AnswerDocument | None:
        due = sorted((each for each in self._waiting if each[0] <= self._now), key=lambda each: each[0])
        self._waiting = [each for each in self._waiting if each not in due]
        for at, where, told in due:
            self._send_now(at, where, told)
        return self._send_now(self._now, url, fields)

    def _ask(self, url: str, fields: dict[str, str]) -> ElementTree.Element | None:
        """Send a webhook that waits for TwiML; the `<Response>`, None where there is none that Twilio can read."""
        self._asked += 1
        document = self._send(url, fields)
        if document is None:
            return None
        try:
            return ElementTree.fromstring(document.body)  # noqa: S314
        except ElementTree.ParseError:
            return None

    def _perform(self, response: ElementTree.Element) -> ElementTree.Element | None:
        """Do what a document says; the document that follows it, None where the call ends."""
        self._leg["status"] = "in-progress"
        for verb in response:
            match verb.tag:
                case "Say" | "Play":
                    self._hear(verb)
                case "Gather":
                    digits = self._gather(verb)
                    if self._gone:
                        return None
                    if digits or verb.get("actionOnEmptyResult") == "true":
                        pressed = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
                        return self._ask(verb.get("action", ""), self._about("in-progress") | pressed)
                case "Dial":
                    return self._dial(verb)
                case "Record":
                    recorded = self._record(verb)
                    if recorded:
                        return self._ask(verb.get("action", ""), recorded)
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
            self._gone = True
            return ""
        pressed = entry[: int(verb.get("numDigits", "99"))]
        last = verb.get("finishOnKey", "#")
        if last:
            # It ends what is pressed, and is not told of.
            pressed = pressed.partition(last)[0]
        self._now += PRESSING if pressed else timedelta(seconds=int(verb.get("timeout", "5")))
        return pressed

    # Dialling

    def _dial(self, verb: ElementTree.Element) -> ElementTree.Element | None:
        phones = list(self._phones(verb))
        limit = timedelta(seconds=int(verb.get("timeout", "30")))
        reached = self.call.outcome == "answered" and self.call.ring <= limit
        answering = next((each for each in phones if each.number == self.call.answering_number), None)
        began = self._now
        for phone in phones:
            self.sandbox.calls[phone.sid] = resources.call(
                self.sandbox.account_sid, phone.sid, self._caller, phone.number, began, parent=self.sid
            )
            for status in ("initiated", "ringing"):
                self._leg_told(phone, status, 0)
        self._now += min(self.call.ring, limit)
        if answering is None or not reached:
            for phone in phones:
                self._leg_ends(phone, "no-answer", 0)
            self._gone = self.call.outcome == "abandoned"
            told = self._after_dial(phones[0].sid, "no-answer") | {"DialBridged": "false"}
            return self._ask(verb.get("action", ""), told)
        return self._ask(verb.get("action", ""), self._talk(verb, phones, answering))

    def _phones(self, verb: ElementTree.Element) -> Iterator[Phone]:
        for noun in verb.iter("Number"):
            events = frozenset((noun.get("statusCallbackEvent") or "completed").split())
            sid = self.sandbox.new_sid("CA")
            yield Phone(noun.text or "", noun.get("url"), noun.get("statusCallback"), events, sid)

    def _talk(self, verb: ElementTree.Element, phones: list[Phone], answering: Phone) -> dict[str, str]:
        """The conversation with the phone that picked up; the fields of the dial's end."""
        recording = None
        if verb.get("record", "do-not-record") != "do-not-record" and self.call.recorded:
            recording = self._recording("DialVerb", channels=2)
        self.sandbox.calls[answering.sid] |= {"start_time": at_twilio(self._now), "status": "in-progress"}
        self._leg_told(answering, "in-progress", 0)
        for phone in phones:
            if phone is not answering:
                self._leg_ends(phone, "canceled", 0)
        if answering.whisper:
            # What is said there is for the person who picked up alone.
            self._ask(answering.whisper, self._about_leg(answering, "in-progress"))
        self._now += self.call.talk
        talked = int(self.call.talk.total_seconds())
        self._leg_ends(answering, "completed", talked)
        told = self._after_dial(answering.sid, "completed") | {"DialBridged": "true", "DialCallDuration": str(talked)}
        if recording:
            self._recorded(recording, verb, talked)
            told["RecordingUrl"] = recording["media_url"]
        return told

    def _about_leg(self, phone: Phone, status: str) -> dict[str, str]:
        return party_fields(self._caller, phone.number) | {
            "AccountSid": self.sandbox.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": phone.sid,
            "ParentCallSid": self.sid,
            "CallStatus": status,
            "Direction": "outbound-dial",
        }

    def _leg_told(self, phone: Phone, status: str, duration: int) -> None:
        event = {"in-progress": "answered"}.get(status, status if status in ("initiated", "ringing") else "completed")
        if phone.status_url and event in phone.events:
            fields = self._about_leg(phone, status)
            self._send(phone.status_url, fields | self._progress(status, phone.sequence, duration))
            phone.sequence += 1

    def _leg_ends(self, phone: Phone, status: str, duration: int) -> None:
        resources.ended(self.sandbox.calls[phone.sid], status, self._now, duration)
        self._leg_told(phone, status, duration)

    def _progress(self, status: str, sequence: int, duration: int) -> dict[str, str]:
        progress = {
            "Timestamp": at_twilio(self._now),
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
        }
        if status not in ("initiated", "ringing", "in-progress"):
            progress |= {"CallDuration": str(duration), "Duration": str(math.ceil(duration / 60))}
        return progress

    def _after_dial(self, leg_sid: str, status: str) -> dict[str, str]:
        still_there = "completed" if self._gone else "in-progress"
        return self._about(still_there) | {"DialCallSid": leg_sid, "DialCallStatus": status}

    # Recording

    def _record(self, verb: ElementTree.Element) -> dict[str, str]:
        """A message of the caller's; the fields of its action, none where the caller said nothing."""
        if self.call.outcome == "abandoned" or not self.call.talk:
            self._gone = self.call.outcome == "abandoned"
            return {}
        recording = self._recording("RecordVerb", channels=1)
        longest = timedelta(seconds=int(verb.get("maxLength", "3600")))
        spoken = min(self.call.talk, longest)
        self._now += spoken
        self._gone = self.call.talk <= longest
        told = self._recorded(recording, verb, int(spoken.total_seconds()))
        return self._about("completed" if self._gone else "in-progress") | told | {"Digits": "hangup"}

    def _recording(self, source: str, channels: int) -> dict[str, Any]:
        sid, account = self.sandbox.new_sid("RE"), self.sandbox.account_sid
        url = f"{self.sandbox.origin}/{API_VERSION}/Accounts/{account}/Recordings/{sid}"
        shown = resources.recording(account, sid, self.sid, self._now, source=source, channels=channels, url=url)
        self.sandbox.held_recordings[sid] = shown
        return shown

    def _recorded(self, recording: dict[str, Any], verb: ElementTree.Element, seconds: int) -> dict[str, str]:
        """Finish a recording, whose webhook follows a little later; the fields that name it."""
        recording |= {
            "status": "completed",
            "duration": str(seconds),
            "date_updated": at_twilio(self._now + PROCESSING),
        }
        self.sandbox.audio[recording["sid"]] = (self.call.audio, seconds)
        named = {
            "RecordingSid": recording["sid"],
            "RecordingUrl": recording["media_url"],
            "RecordingDuration": str(seconds),
        }
        ready = {
            "AccountSid": self.sandbox.account_sid,
            "CallSid": self.sid,
            "RecordingStatus": "completed",
            "RecordingChannels": str(recording["channels"]),
            "RecordingStartTime": recording["start_time"],
            "RecordingSource": recording["source"],
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }
        url = verb.get("recordingStatusCallback")
        if url:
            self._waiting.append((self._now + PROCESSING, url, named | ready))
        return named

    def _end(self) -> None:
        duration = int((self._now - self.call.started_at).total_seconds())
        resources.ended(self._leg, "completed", self._now, duration)
        fields = self._about("completed") | self._progress("completed", 0, duration)
        self._send(f"{self.webhook_url}/status", fields)
        for at, url, told in sorted(self._waiting, key=lambda each: each[0]):
            self._send_now(at, url, told)
