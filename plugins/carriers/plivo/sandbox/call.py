"""One simulated call that follows Plivo XML: its elements are checked as documented, and played like those of TwiML.

Source: plivo.com/docs/voice/xml and its parameters of action and callback addresses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import yaml

from hub.api.twiml import Leg, ListedCall
from plugins.carriers.plivo.sandbox.account import CAUSES, Account

CHILDREN = {"GetInput": {"Speak", "Play"}, "Dial": {"Number"}}
WAITS = {"executionTimeout": (5, 60), "digitEndTimeout": (2, 10), "numDigits": (1, 32)}


@cache
def _documented() -> dict[str, set[str]]:
    """Plivo's elements, each with its attributes."""
    found = yaml.safe_load(Path(__file__).with_name("elements.yaml").read_text("utf-8"))
    return {name: set(attributes.split()) for name, attributes in found.items()}


def is_valid(element: ElementTree.Element) -> bool:
    """Whether Plivo would follow an element: known names, children and ranges."""
    in_range = all(low <= int(element.get(name) or low) <= high for name, (low, high) in WAITS.items())
    nested = {child.tag for child in element} <= CHILDREN.get(element.tag, set()) and all(map(is_valid, element))
    known = _documented().get(element.tag)
    return known is not None and set(element.keys()) <= known and in_range and nested


def as_twiml(response: ElementTree.Element) -> ElementTree.Element | None:
    """The document in the words that the player understands; None for one that Plivo refuses."""
    if response.tag != "Response" or not all(map(is_valid, response)):
        return None
    found, recorded = ElementTree.Element("Response"), ""
    for verb in response:
        if verb.tag == "Record" and "true" in (verb.get("recordSession"), verb.get("startOnDialAnswer")):
            recorded = verb.get("callbackUrl", "")
        elif verb.tag == "Dial":
            found.append(_dial(verb, recorded))
        elif verb.tag != "Wait":
            found.append(_plain(verb))
    return found


def _plain(verb: ElementTree.Element) -> ElementTree.Element:
    names = {"Speak": "Say", "GetInput": "Gather"}
    renamed = {"executionTimeout": "timeout", "callbackUrl": "recordingStatusCallback"}
    attributes = {renamed.get(name, name): value for name, value in verb.items()}
    if attributes.get("finishOnKey") == "none":
        attributes["finishOnKey"] = ""
    found = ElementTree.Element(names.get(verb.tag, verb.tag), attributes)
    found.text = verb.text
    found.extend(map(_plain, verb))
    return found


def _dial(verb: ElementTree.Element, recorded: str) -> ElementTree.Element:
    record = {"record": "true", "recordingStatusCallback": recorded} if recorded else {}
    dialed = ElementTree.Element("Dial", {name: verb.get(name, "") for name in ("action", "timeout")} | record)
    reports = {"statusCallback": verb.get("callbackUrl", ""), "url": verb.get("confirmSound", "")}
    reports |= {"acceptKey": verb.get("confirmKey", "")} if verb.get("confirmKey") else {}
    for number in verb:
        ElementTree.SubElement(dialed, "Number", reports).text = number.text
    return dialed


class PlacedCall(ListedCall[Account]):
    """A simulated call that follows the hub's documents."""

    _whispering: Leg | None = None

    def ask(self, url: str, form: dict[str, str]) -> ElementTree.Element | None:
        response = super().ask(url, form)
        leg, self._whispering = self._whispering, None
        if leg is not None and (self.call.accepts or not leg.noun.get("acceptKey")):
            self.dial_event(leg, "connected")
        return None if response is None else as_twiml(response)

    def begin(self) -> dict[str, str]:
        reported = super().begin()
        self.account.calls[self.sid]["answer_time"] = self.account.listed_time(self.now)
        return reported

    def leg_fields(self, leg: Leg, status: str) -> dict[str, str]:
        # What the whisper's address is asked with names the caller's leg.
        return self.fields("in-progress") | {"Event": "DialRemoteSounds"}

    def pressed(self, digits: str) -> dict[str, str]:
        return {"Event": "Redirect", "InputType": "dtmf", "Digits": digits}

    # Dialing

    def dial_event(self, leg: Leg, action: str, more: Mapping[str, str] | None = None) -> None:
        """Report an event of a dialed phone."""
        if leg.callback:
            reported = {"Event": f"Dial{action.title()}", "DialAction": action, "DialBLegStatus": action}
            legs = {"DialALegUUID": self.sid, "DialBLegUUID": leg.sid, "DialBLegFrom": self.caller.lstrip("+")}
            self.tell(leg.callback, reported | legs | {"DialBLegTo": leg.number.lstrip("+")} | dict(more or {}))

    def leg_begins(self, leg: Leg) -> None:
        self.account.list_call(leg.sid, self.caller, leg.number, self.now, "outbound-dial", self.sid)

    def leg_answered(self, leg: Leg) -> None:
        self.account.calls[leg.sid] |= {"answer_time": self.account.listed_time(self.now), "status": "in-progress"}
        self.dial_event(leg, "answer")
        if leg.noun.get("url"):
            self._whispering = leg
        else:
            self.dial_event(leg, "connected")

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        ended = self.ended(leg.sid, status, since)
        code, name, cause = CAUSES[status]
        causes = {"DialBLegHangupCause": cause, "DialBLegHangupCauseCode": str(code), "DialBLegHangupCauseName": name}
        durations = {"DialBLegDuration": ended["Duration"], "DialBLegBillDuration": ended["BillDuration"]}
        self.dial_event(leg, "hangup", causes | durations)

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        reported = {"Event": "Redirect", "DialStatus": "cancel" if self.hung_up and status != "completed" else status}
        legs = {"DialALegUUID": self.sid, "DialBLegUUID": leg.sid if status == "completed" else ""}
        return reported | {"DialRingStatus": "true", "DialHangupCause": CAUSES[status][2]} | legs

    # Recording

    def message_taken(self, recorded: Mapping[str, str]) -> dict[str, str]:
        return {**recorded, "Event": "Redirect", "Digits": ""}

    def finish_recording(self, sid: str, seconds: int) -> tuple[dict[str, str], dict[str, str]]:
        for begun, url in self.account.resumed.pop(self.sid, []):
            named, _ = super().finish_recording(begun, seconds)
            reported = {"recording_id": begun, "call_uuid": self.sid, "record_url": named["RecordUrl"]}
            response = json.dumps(reported | {"recording_duration": str(seconds)})
            self._later.append((self.now + self.storing, url, {"response": response}))
        return super().finish_recording(sid, seconds)
