"""One simulated call that does what TwiML documents say: a carrier's sandbox plays calls with it.

It asks the hub for documents, presses keys, lets phones ring and people talk, and sends each webhook when it is due. The
carrier's sandbox decides what the webhooks contain and what the API shows of the call.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from xml.etree import ElementTree

from hub.contracts.answers import ACCEPT_KEY
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import AnswerDocument

Post = Callable[[datetime, str, dict[str, str]], AnswerDocument | None]
"""Send a form: when, to which address, with which fields."""
Fields = dict[str, str]
LANGUAGE = re.compile(r"[a-z]{2,3}-[A-Z]{2}")


@dataclass
class Leg:
    """A phone that a `<Dial>` rings."""

    sid: str
    noun: ElementTree.Element
    reported: int = 0
    """How many webhooks about it the hub got."""

    @property
    def number(self) -> str:
        """The number that it rings, or the address of a device."""
        return f"client:{self.noun.text}" if self.noun.tag == "Client" else self.noun.text or ""

    @property
    def callback(self) -> str:
        """The address at which the hub wants its events."""
        return self.noun.get("statusCallback", "")

    def tells(self, event: str) -> bool:
        """Whether the document asks for an event of this leg."""
        return bool(self.callback) and event in (self.noun.get("statusCallbackEvent") or "completed").split()


class TwimlPlayer(ABC):
    """A simulated call on its way through the hub's documents."""

    playing_time: ClassVar[timedelta] = timedelta(seconds=5)
    """How long it takes to play a text or a file."""
    pressing: ClassVar[timedelta] = timedelta(seconds=2)
    storing: ClassVar[timedelta] = timedelta(seconds=3)
    """From the end of a recording to its webhook."""
    max_documents: ClassVar[int] = 40
    """After this many documents the caller hangs up, so that no call lasts forever."""

    def __init__(self, call: SimulatedCall, sid: str, hidden_caller: str, webhook_url: str, post: Post) -> None:
        self.call, self.sid, self.webhook_url, self._post = call, sid, webhook_url, post
        self.caller = call.caller_number or hidden_caller
        self.heard: list[str] = []
        """What the caller heard: texts, and addresses of files."""
        self.now = call.started_at
        self.hung_up = False
        self._keys = list(call.keys)
        self._later: list[tuple[datetime, str, Fields]] = []
        self._documents = 0

    # What a carrier reports about the call

    @abstractmethod
    def fields(self, status: str) -> Fields:
        """The fields of every webhook about the caller's leg."""

    @abstractmethod
    def begin(self) -> Fields:
        """The call begins; the additional fields of its first webhook."""

    @abstractmethod
    def end(self) -> Fields:
        """The call has ended; the additional fields of the webhook that reports it."""

    @abstractmethod
    def new_leg_sid(self) -> str:
        """The id of a leg that will ring."""

    @abstractmethod
    def leg_fields(self, leg: Leg, status: str) -> Fields:
        """The fields of every webhook about a leg."""

    def rings(self, leg: Leg) -> bool:
        """Whether a phone is there: numbers always are."""
        return True

    @abstractmethod
    def leg_begins(self, leg: Leg) -> None:
        """A phone rings."""

    @abstractmethod
    def leg_answered(self, leg: Leg) -> None:
        """Somebody picked up."""

    def leg_accepts(self, leg: Leg) -> None:  # noqa: B027 - few carriers report it
        """The person who picked up gets the call."""

    @abstractmethod
    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        """A leg ends that began, or was picked up, at `since`."""

    @abstractmethod
    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> Fields:
        """The additional fields of the request to a `<Dial>`'s action; `recorded` names its recording, if there is one."""

    @abstractmethod
    def start_recording(self, verb: ElementTree.Element) -> str:
        """A `<Dial>` or a `<Record>` begins to record; returns the recording's id."""

    @abstractmethod
    def finish_recording(self, sid: str, seconds: int) -> tuple[Fields, Fields]:
        """A recording has ended; the fields that name it, and all fields of the webhook that reports it as stored."""

    def follows(self) -> None:  # noqa: B027 - few carriers show it
        """The carrier begins to follow a document."""

    def trouble(self) -> Fields:
        """The additional fields of the webhook to the fallback address, after the first address gave no document."""
        return {}

    def pressed(self, digits: str) -> Fields:
        """The additional fields of the request to a `<Gather>`'s action."""
        return {"Digits": digits, "FinishedOnKey": ""}

    def finish_key(self, verb: ElementTree.Element) -> str:
        """The key that ends the input and is not reported; blank for none."""
        return verb.get("finishOnKey", "#")

    def ending_address(self, verb: ElementTree.Element) -> str:
        """The address to which the carrier reports that the caller ended the recording of a `<Dial>`; blank if it hears no
        keys in a conversation, or the document offers none."""
        return ""

    def message_taken(self, recorded: Mapping[str, str]) -> Fields:
        """The additional fields of the request to a `<Record>`'s action."""
        return {}

    # How the call proceeds

    def play(self) -> None:
        """Play the call from its first ring to its end."""
        ring = self.fields("ringing") | self.begin()
        response = self.ask(f"{self.webhook_url}/voice", ring)
        if response is None:
            response = self.ask(f"{self.webhook_url}/fallback", ring | self.trouble())
        while response is not None and not self.hung_up and self._documents < self.max_documents:
            response = self._follow(response)
        fields = self.end()
        self.tell(f"{self.webhook_url}/status", self.fields("completed") | fields)
        for at, url, form in sorted(self._later, key=lambda one: one[0]):
            self._post(at, url, form)

    def tell(self, url: str, form: Fields) -> AnswerDocument | None:
        """Send a form now, after everything that was due before."""
        due = sorted((one for one in self._later if one[0] <= self.now), key=lambda one: one[0])
        self._later = [one for one in self._later if one[0] > self.now]
        for at, where, fields in due:
            self._post(at, where, fields)
        return self._post(self.now, url, form)

    def ask(self, url: str, form: Fields) -> ElementTree.Element | None:
        """Send a form that waits for a document; returns its `<Response>`, None if no readable one came."""
        self._documents += 1
        document = self.tell(url, form)
        try:
            return ElementTree.fromstring(document.body) if document else None  # noqa: S314
        except ElementTree.ParseError:
            return None

    def _follow(self, response: ElementTree.Element) -> ElementTree.Element | None:
        """Do what a document says; returns the document that follows it, None if the call ends."""
        self.follows()
        for verb in response:
            action = verb.get("action", "")
            match verb.tag:
                case "Say" | "Play":
                    self._hear(verb)
                case "Gather":
                    digits = self._gather(verb)
                    if self.hung_up:
                        return None
                    if digits or verb.get("actionOnEmptyResult") == "true":
                        return self.ask(action, self.fields("in-progress") | self.pressed(digits))
                case "Redirect":
                    return self.ask(verb.text or "", self.fields("in-progress"))
                case "Connect":  # no stand-in speaks, so each conversation breaks off
                    return self.ask(action, self.fields("in-progress") | {"SessionStatus": "failed"})
                case "Dial":
                    return self.ask(action, self._dial(verb))
                case "Record" if self.call.outcome != "abandoned" and self.call.talk:
                    return self.ask(action, self._record(verb))
                case "Record":
                    self.hung_up = self.call.outcome == "abandoned"
                case "Hangup" | "Reject":
                    return None
        return None

    def _status(self) -> str:
        return "completed" if self.hung_up else "in-progress"

    def _hear(self, verb: ElementTree.Element) -> None:
        if not LANGUAGE.fullmatch(verb.get("language", "en-US")):
            # Carriers know languages with a region only, and say nothing in others.
            return
        self.heard.append(verb.text or "")
        self.now += self.playing_time

    def _gather(self, verb: ElementTree.Element) -> str:
        for prompt in verb:
            self._hear(prompt)
        entry = self._keys.pop(0) if self._keys else ""
        if entry is None:
            self.hung_up = True
            return ""
        pressed = entry[: int(verb.get("maxDigits") or verb.get("numDigits") or "128")]
        last = self.finish_key(verb)
        pressed = pressed.partition(last)[0] if last else pressed
        self.now += self.pressing if pressed else timedelta(seconds=int(verb.get("timeout", "5")))
        return pressed

    def _dial(self, verb: ElementTree.Element) -> Fields:
        """Let phones ring, and people talk; returns the fields of the request to the action."""
        legs = [Leg(self.new_leg_sid(), noun) for noun in verb if noun.tag in ("Number", "Sip", "Client")]
        limit = timedelta(seconds=int(verb.get("timeout", "30")))
        began = self.now
        for leg in legs:
            self.leg_begins(leg)
        self.now += min(self.call.ring, limit)
        ringing = filter(self.rings, legs)
        picked_up = next((leg for leg in ringing if leg.number == self.call.answering_number), None)
        if picked_up is None or self.call.outcome != "answered" or self.call.ring > limit:
            for leg in legs:
                self.leg_ends(leg, "no-answer", began)
            self.hung_up = self.call.outcome == "abandoned"
            fields = self.dialed(legs[0], "no-answer", 0, {})
        else:
            fields = self._talk(verb, legs, picked_up, began)
        return self.fields(self._status()) | fields

    def _talk(self, verb: ElementTree.Element, legs: list[Leg], picked_up: Leg, began: datetime) -> Fields:
        """The conversation with the phone that picked up."""
        records = verb.get("record", "do-not-record") != "do-not-record" and self.call.recorded
        ending = self.ending_address(verb) if records and self.call.ends_recording else ""
        begins = records and not ending
        # A conversation that a key takes is recorded from the key on; of its phones the documents ask for no status.
        recording = self.start_recording(verb) if begins and picked_up.callback else None
        answered_at = self.now
        self.leg_answered(picked_up)
        for leg in legs:
            if leg is not picked_up:
                self.leg_ends(leg, "canceled", began)
        # Only the person who picked up hears the whisper.
        url = picked_up.noun.get("url", "")
        whisper = self.ask(url, self.leg_fields(picked_up, "in-progress")) if url else None
        if not self._accepts(picked_up, whisper):
            status = "no-answer" if picked_up.noun.get("acceptKey") else "completed"
            self.leg_ends(picked_up, status, answered_at)
            return self.dialed(picked_up, status, 0, {})
        self.leg_accepts(picked_up)
        recording = recording or (self.start_recording(verb) if begins else None)
        self.now += self.call.talk / 2
        if ending:
            self.tell(ending, self.fields("in-progress"))
        self.now += self.call.talk / 2
        self.leg_ends(picked_up, "completed", answered_at)
        talked = int(self.call.talk.total_seconds())
        recorded = self._store(recording, verb, talked) if recording else {}
        return self.dialed(picked_up, "completed", talked, recorded)

    def _accepts(self, leg: Leg, whisper: ElementTree.Element | None) -> bool:
        """Whether the person who picked up gets the call: they press the key, if one is asked for."""
        asks = whisper.find("Gather") if whisper is not None else None
        if leg.noun.get("acceptKey") or asks is None:
            return self.call.accepts or not leg.noun.get("acceptKey")
        if not self.call.accepts:
            return False
        answer = self.ask(asks.get("action", ""), self.leg_fields(leg, "in-progress") | self.pressed(ACCEPT_KEY))
        return answer is not None and answer.find("Hangup") is None

    def _record(self, verb: ElementTree.Element) -> Fields:
        """Record a message from the caller; returns the fields of the request to the action."""
        recording = self.start_recording(verb)
        longest = timedelta(seconds=int(verb.get("maxLength", "3600")))
        spoken = min(self.call.talk, longest)
        self.now += spoken
        self.hung_up = self.call.talk <= longest
        recorded = self._store(recording, verb, int(spoken.total_seconds()))
        return self.fields(self._status()) | self.message_taken(recorded)

    def _store(self, recording: str, verb: ElementTree.Element, seconds: int) -> Fields:
        """Finish a recording, whose webhook follows a little later; returns the fields that name it."""
        named, stored = self.finish_recording(recording, seconds)
        url = verb.get("recordingStatusCallback")
        if url:
            self._later.append((self.now + self.storing, url, stored))
        return named
