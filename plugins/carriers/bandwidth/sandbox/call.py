"""One simulated call that does what BXML documents say, and the legs of a call that the hub places.

Source: dev.bandwidth.com/docs/voice/bxml and /webhooks. A verb or an attribute that BXML does not have ends the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from hub.api import JsonObject, WebhookRequest
from hub.api.sandbox import CallBackOutcome, SimulatedCall
from hub.api.twiml import PERSON_LEG, USER_LEG, Leg, TwimlPlayer
from plugins.carriers.bandwidth.sandbox.account import Account

Fields = JsonObject
BASIC = "username password"
ROOT, PHONES = "Response", 8
LOCALES = frozenset(["en_US", "en_UK", "de", "es", "es_MX", "es_US", "fr", "fr_CA", "it", "ja", "ru", "arb", "cmn-CN"])
"""Those of the table at /docs/voice/bxml/speakSentence; /docs/voice/bxml/transfer allows 8 phones."""
ATTRIBUTES: Mapping[str, str] = {
    ROOT: "",
    "SpeakSentence": "voice gender locale",
    "PlayAudio": BASIC,
    "Gather": f"gatherUrl maxDigits firstDigitTimeout interDigitTimeout terminatingDigits repeatCount {BASIC}",
    "Transfer": f"transferCallerId callTimeout transferCompleteUrl {BASIC}",
    "PhoneNumber": f"transferAnswerUrl transferDisconnectUrl {BASIC}",
    "Record": f"recordCompleteUrl recordingAvailableUrl maxDuration silenceTimeout fileFormat terminatingDigits {BASIC}",
    "StartRecording": f"recordingAvailableUrl multiChannel fileFormat {BASIC}",
    "SendDtmf": "toneDuration toneInterval",
    "Pause": "duration",
    "Redirect": f"redirectUrl {BASIC}",
    "Hangup": "",
}
NAMES = {"SpeakSentence": "Say", "PlayAudio": "Play", "Transfer": "Dial", "PhoneNumber": "Number"}
RENAMED = {
    "gatherUrl": "action",
    "maxDigits": "numDigits",
    "firstDigitTimeout": "timeout",
    "terminatingDigits": "finishOnKey",
    "transferCompleteUrl": "action",
    "callTimeout": "timeout",
    "transferAnswerUrl": "url",
    "transferDisconnectUrl": "statusCallback",
    "recordCompleteUrl": "action",
    "recordingAvailableUrl": "recordingStatusCallback",
    "maxDuration": "maxLength",
    "locale": "language",
}
"""The player knows TwiML's names."""
CAUSES = {"completed": "hangup", "no-answer": "timeout", "canceled": "cancel"}


def is_valid(verb: Element) -> bool:
    """Whether a verb, with all inside it, is BXML."""
    known = verb.tag in ATTRIBUTES and set(verb.keys()) <= set(ATTRIBUTES[verb.tag].split())
    allowed = verb.get("locale", "en_US") in LOCALES and (verb.tag != "Transfer" or 1 <= len(verb) <= PHONES)
    return known and allowed and all(map(is_valid, verb))


def is_document(root: Element) -> bool:
    """Whether Bandwidth follows a webhook's answer."""
    return root.tag == ROOT and is_valid(root)


def renamed(verb: Element) -> Element:
    """A verb in the player's names."""
    made = Element(NAMES.get(verb.tag, verb.tag), {RENAMED.get(name, name): text for name, text in verb.items()})
    made.text = verb.text
    if verb.get("locale"):
        made.set("language", str(verb.get("locale")).replace("_", "-"))
    if verb.tag == "Gather":
        made.set("actionOnEmptyResult", "true")
    made.extend(map(renamed, verb))
    return made


class PlacedCall(TwimlPlayer):
    """A simulated call that follows the hub's documents."""

    def __init__(self, account: Account, call: SimulatedCall, webhook_url: str, post: Any) -> None:
        super().__init__(call, account.new_call_id(), account.hidden_caller, webhook_url, post)
        self.account, self.cause = account, "hangup"
        self.recording: tuple[str, Element | None] | None = None
        """What a picked-up leg records, and the verb that ordered it."""

    def ask(self, url: str, form: Fields) -> Element | None:
        if self.hung_up and form["eventType"] in ("recordComplete", "transferComplete"):
            return None  # Bandwidth asks only while the call goes on
        self._documents += 1
        of_dialed_leg = form["eventType"] in ("transferAnswer", "gather") and form["callId"] != self.sid
        if of_dialed_leg and self.call.recorded:
            # It begins with the document; a test can pause it only while the answer is reported, which is a moment before.
            self.recording = self.start_recording(Element("StartRecording", multiChannel="true"), form["callId"]), None
        document = self.tell(url, form)
        root = fromstring(document.body) if document else None  # noqa: S314 - the hub's own
        if root is None or not is_document(root):
            self.cause = "callback-error" if root is None else "invalid-bxml"
            return None
        if not len(root):
            root.append(Element("Hangup"))
        if self.recording is not None and of_dialed_leg:
            self._records(self.recording[0], root.find("StartRecording"))
        return renamed(root)

    def _records(self, sid: str, verb: Element | None) -> None:
        self.recording = (sid, verb) if verb is not None else None
        if verb is None:
            del self.account.held_recordings[sid]

    # The caller's leg

    def fields(self, status: str) -> Fields:
        return self.account_fields(self.sid, "inbound") | {"eventType": "redirect"}

    def account_fields(self, call_id: str, direction: str) -> Fields:
        """The fields of every event."""
        shown, account = self.account.calls.get(call_id, {}), self.account
        return {
            "eventTime": account.stamp(self.now),
            "accountId": account.account_id,
            "applicationId": account.application_id,
            "from": self.caller,
            "to": self.call.tracking_number,
            "direction": direction,
            "callId": call_id,
            "callUrl": f"{account.origin}/api/v2/accounts/{account.account_id}/calls/{call_id}",
            "startTime": shown.get("startTime", account.stamp(self.now)),
        }

    def begin(self) -> Fields:
        verified: Fields = {"verstat": "TN-Validation-Passed", "attestationIndicator": "A"}
        stir = {"stirShaken": verified if self.call.caller_number else {}}
        list_leg(self.account, self.sid, self.caller, self.call.tracking_number, self.now, "inbound", **stir)
        return {"eventType": "initiate", **stir}

    def end(self) -> Fields:
        end_leg(self.account, self.sid, self.now, self.cause)
        return {"eventType": "disconnect", "cause": self.cause, "endTime": self.account.stamp(self.now)}

    def pressed(self, digits: str) -> Fields:
        return {"eventType": "gather", "digits": digits, "terminatingDigit": ""}

    def finish_key(self, verb: Element) -> str:
        return verb.get("finishOnKey", "")

    def message_taken(self, recorded: Mapping[str, str]) -> Fields:
        return {name: text for name, text in recorded.items() if name != "status"} | {"eventType": "recordComplete"}

    # Dialed legs

    def new_leg_sid(self) -> str:
        return self.account.new_call_id()

    def leg_fields(self, leg: Leg, status: str) -> Fields:
        shown = self.account.calls[leg.sid]
        reported = {"transferCallerId": self.caller, "transferTo": leg.number}
        times = {name: shown[name] for name in ("startTime", "answerTime", "endTime") if shown.get(name)}
        return self.account_fields(leg.sid, "outbound") | reported | times | {"eventType": "transferAnswer"}

    def leg_begins(self, leg: Leg) -> None:
        list_leg(self.account, leg.sid, self.caller, leg.number, self.now, "outbound", parentCallId=self.sid)

    def leg_answered(self, leg: Leg) -> None:
        self.account.calls[leg.sid] |= {"state": "answered", "answerTime": self.account.stamp(self.now)}

    def leg_ends(self, leg: Leg, status: str, since: datetime) -> None:
        end_leg(self.account, leg.sid, self.now, CAUSES[status])
        sid, verb = self.recording or ("", None)
        if verb is not None and status == "completed":
            self._store(sid, renamed(verb), int((self.now - since).total_seconds()))
            self.recording = None
        if leg.callback:
            self.tell(
                leg.callback,
                self.leg_fields(leg, status)
                | {"eventType": "transferDisconnect", "cause": CAUSES[status], "parentCallId": self.sid},
            )

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> Fields:
        reported = {"transferCallerId": self.caller, "transferTo": leg.number, "cause": CAUSES[status]}
        return reported | {"eventType": "transferComplete"}

    # Recordings

    def start_recording(self, verb: Element, call_id: str = "") -> str:
        sid, call_id = self.account.new_recording_id(), call_id or self.sid
        shown = {name: text for name, text in self.account_fields(call_id, "inbound").items() if name != "eventTime"}
        shown |= {"recordingId": sid, "channels": 2 if verb.get("multiChannel") == "true" else 1, "fileFormat": "wav"}
        parent = {"parentCallId": self.sid} if call_id != self.sid else {}
        self.account.held_recordings[f"{call_id}.{sid}"] = shown | parent | {"status": "processing"}
        return f"{call_id}.{sid}"

    def finish_recording(self, sid: str, seconds: int) -> tuple[Fields, Fields]:
        shown, account = self.account.held_recordings[sid], self.account
        url = f"{shown['callUrl']}/recordings/{shown['recordingId']}/media"
        shown |= {
            "status": "complete",
            "duration": f"PT{seconds}.0S",
            "endTime": account.stamp(self.now),
            "mediaUrl": url,
        }
        account.audio[sid] = (self.call.audio, seconds)
        return shown, shown | {"eventType": "recordingAvailable", "eventTime": account.stamp(self.now + self.storing)}


def list_leg(
    account: Account, call_id: str, sender: str, to: str, at: datetime, direction: str, **more: object
) -> None:
    """Put a leg that begins into the call list."""
    account.calls[call_id] = {
        "accountId": account.account_id,
        "applicationId": account.application_id,
        "callId": call_id,
        "from": sender,
        "to": to,
        "direction": direction,
        "state": "initiated",
        "startTime": account.stamp(at),
        **more,
    }


def end_leg(account: Account, call_id: str, at: datetime, cause: str) -> None:
    """End a leg in the call list."""
    account.calls[call_id] |= {"state": "disconnected", "endTime": account.stamp(at), "disconnectCause": cause}


USER_RINGS, PERSON_RINGS, THEY_TALK = 5, 10, 60
"""Seconds."""


def legs_of_call_back(account: Account, reference: str, outcome: CallBackOutcome) -> Iterator[WebhookRequest]:
    """The callbacks of a call that the hub placed, until it ends."""
    wanted, start = account.placed[reference], account.clock()
    person = json.loads(wanted["tag"])["dial"]
    reported = {name: value for name, value in account.calls[reference].items() if name != "state"} | {
        "tag": wanted["tag"]
    }

    def event(kind: str, after: int, url: str, fields: Fields) -> WebhookRequest:
        at = start + timedelta(seconds=after)
        return account.callback(url, {"eventType": kind, "eventTime": account.stamp(at), **fields}, at)

    def seconds(after: int) -> str:
        return account.stamp(start + timedelta(seconds=after))

    if outcome.startswith("user_"):
        cause, after = ("busy", 1) if outcome == "user_busy" else ("timeout", 20)
        end_leg(account, reference, start + timedelta(seconds=after), cause)
        yield event(
            "disconnect", after, wanted["disconnectUrl"], reported | {"cause": cause, "endTime": seconds(after)}
        )
        return
    up = {"answerTime": seconds(USER_RINGS)}
    yield event("answer", USER_RINGS, wanted["answerUrl"], reported | up)
    rung = USER_RINGS + PERSON_RINGS
    over, cause = {"answered": (rung + THEY_TALK, "hangup"), "person_busy": (rung, "busy")}.get(
        outcome, (35, "timeout")
    )
    leg, number = account.new_call_id(), wanted["from"]
    list_leg(account, leg, number, person, start, "outbound", parentCallId=reference)
    end_leg(account, leg, start + timedelta(seconds=over), cause)
    dialed = reported | {"callId": leg, "parentCallId": reference, "transferTo": person, "transferCallerId": number}
    dialed |= {"cause": cause, "endTime": seconds(over)} | ({"answerTime": seconds(rung)} if cause == "hangup" else {})
    webhook_url = str(wanted["answerUrl"]).partition(f"/{USER_LEG}?")[0]
    key = account.proof(webhook_url).addresses
    mark = key.carried(account.callback(wanted["answerUrl"], {}, start)).mark
    yield event("transferDisconnect", over, key.of(PERSON_LEG, number, "", mark), dialed)
    end_leg(account, reference, start + timedelta(seconds=over), "hangup")
    yield event(
        "disconnect", over, wanted["disconnectUrl"], reported | up | {"cause": "hangup", "endTime": seconds(over)}
    )
