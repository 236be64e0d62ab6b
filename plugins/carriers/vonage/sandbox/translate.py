"""The fake's wire: what a call or a text looks like in Vonage's webhooks, and an NCCO as the steps that a call follows.

Source: developer.vonage.com/en/voice/voice-api/webhook-reference, /ncco-reference, /guides/recording and /en/api/messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hub.api import JsonObject

LEG_WORDS = {
    "initiated": "started",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "completed",
    "busy": "busy",
    "failed": "failed",
    "canceled": "cancelled",
    "no-answer": "timeout",
}
TEXT_WORDS = {"sent": "submitted", "delivered": "delivered", "undelivered": "rejected"}
WITH_REGION = {"ar": "ar-AE"}
"""Vonage has one tag without a region (developer.vonage.com/en/voice/voice-api/guides/text-to-speech)."""
ERRORS = {
    "1010": "Missing params - Your request is incomplete and missing some mandatory parameters.",
    "1170": "Invalid or Missing Msisdn Param - The phone number is invalid.",
    "1250": "The recipient has opted out of texts from this number.",
}


def stamp(at: datetime) -> str:
    """A time as Vonage writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def digits(number: str) -> str:
    """A number without its plus."""
    return number.removeprefix("+")


def call_body(form: Mapping[str, str], path: str, at: datetime) -> JsonObject:
    """What Vonage reports at one of our paths."""
    leg = form["CallSid"].removeprefix("CON-")
    conversation = form.get("ParentCallSid") or form["CallSid"]
    named = {"conversation_uuid": conversation, "timestamp": stamp(at)}
    ends = {"from": digits(form.get("From", "")), "to": digits(form.get("To", "")), "uuid": leg}
    if path in ("voice", "fallback"):
        return ends | {"conversation_uuid": conversation, "region_url": "https://api-us-3.vonage.com"}
    if path == "digits":
        pressed = form.get("Digits", "")
        heard = {"digits": pressed, "timed_out": not pressed}
        return ends | named | {"dtmf": heard, "speech": {"results": []}}
    if path == "voicemail":
        return named | {"payload": {"step": "message"}}
    if path == "recording":
        return named | _recording(form, at)
    status = form["CallStatus"]
    direction = "inbound" if form.get("Direction") == "inbound" else "outbound"
    reported: dict[str, object] = ends | named | {"headers": {}, "direction": direction}
    reported["status"] = LEG_WORDS.get(status, status)
    if status == "completed":
        seconds = int(form.get("CallDuration") or form.get("DialCallDuration") or 0)
        reported |= {
            "duration": str(seconds),
            "start_time": stamp(at - timedelta(seconds=seconds)),
            "end_time": stamp(at),
        }
        reported |= {"rate": "0.00720000", "price": "0.00720000", "network": "US-FIXED"}
    return reported


def _recording(form: Mapping[str, str], at: datetime) -> dict[str, object]:
    seconds = int(form["RecordingDuration"])
    return {
        "start_time": stamp(at - timedelta(seconds=seconds)),
        "end_time": stamp(at),
        "recording_url": form["RecordingUrl"],
        "recording_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab",
        "size": 8000 * seconds,
    }


def text_body(form: Mapping[str, str], at: datetime) -> JsonObject:
    """A received text, or the delivery of one that the hub sent."""
    pictures = [form[f"MediaUrl{index}"] for index in range(int(form.get("NumMedia", "0")))]
    ends = {"to": digits(form["To"]), "from": digits(form["From"]), "message_uuid": form["MessageSid"]}
    named = ends | {"channel": "mms" if pictures else "sms", "timestamp": stamp(at)}
    if "MessageStatus" not in form:
        return named | _content(form["Body"], pictures)
    code = form.get("ErrorCode", "")
    error = {
        "type": f"https://developer.vonage.com/api-errors/messages#{code}",
        "title": code,
        "detail": ERRORS.get(code, "Number barred"),
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }
    return named | {"status": TEXT_WORDS[form["MessageStatus"]]} | ({"error": error} if code else {})


def _content(body: str, pictures: list[str]) -> JsonObject:
    if not pictures:
        return {"message_type": "text", "text": body, "sms": {"num_messages": "1", "keyword": body.upper()[:20]}}
    if len(pictures) == 1:
        return {"message_type": "image", "image": {"url": pictures[0], "name": "picture.png", "caption": body}}
    parts: list[dict[str, object]] = [{"type": "image", "url": url} for url in pictures]
    parts[0]["caption"] = body
    return {"message_type": "content", "content": parts}


def steps(ncco: str | None) -> ElementTree.Element | None:
    """An NCCO as the steps that a simulated call follows; None if it is none, at which Vonage ends the call."""
    try:
        actions = json.loads(ncco or "")
        return _steps(actions) if isinstance(actions, list) else None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def placed(actions: list[dict[str, object]]) -> str | None:
    """The steps of a call that the hub places, as text; None if it dials nobody."""
    found = steps(json.dumps(actions))
    dials = found is not None and found.find("Dial") is not None
    return ElementTree.tostring(found, encoding="unicode") if found is not None and dials else None


def _steps(actions: list[JsonObject]) -> ElementTree.Element:
    response, recording = ElementTree.Element("Response"), ""
    for action in actions:
        url = str((action.get("eventUrl") or [""])[0])
        match action["action"]:
            case "talk":
                spoken = action.get("language", "en-US")
                _add(response, "Say", action["text"], language=WITH_REGION.get(spoken, spoken))
            case "stream":
                _add(response, "Play", action["streamUrl"][0])
            case "input":
                _gather(response, action, url)
            case "connect":
                _dial(response, action, url, recording)
            case "record" if "endOnSilence" in action or "endOnKey" in action:
                _add(response, "Record", maxLength=str(action.get("timeOut", 7200)), recordingStatusCallback=url)
            case "record":
                recording = url
            case "notify":
                taken = response.find("Record")
                if taken is None:
                    _add(response, "Redirect", url)
                else:
                    taken.set("action", url)
            case other:
                raise ValueError(f"no action {other}")
    return response


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, tag, attributes)
    made.text = text
    return made


def _gather(response: ElementTree.Element, action: Mapping[str, Any], url: str) -> None:
    """Without `submitOnHash`, # is a key like the others. The prompts have been heard before."""
    request = action.get("dtmf", {})
    last = "#" if request.get("submitOnHash") else ""
    waits = {"timeout": str(request.get("timeOut", 3)), "numDigits": str(request.get("maxDigits", 4))}
    _add(response, "Gather", action=url, finishOnKey=last, actionOnEmptyResult="true", **waits)


def _dial(response: ElementTree.Element, action: Mapping[str, Any], url: str, recording: str) -> None:
    (phone,) = action["endpoint"]
    recorded = {"record": "record-from-answer-dual", "recordingStatusCallback": recording} if recording else {}
    dial = _add(response, "Dial", action=url, timeout=str(action.get("timeout", 60)), **recorded)
    dial.set("callerId", f"+{action['from']}")
    number = _add(dial, "Number", f"+{phone['number']}", statusCallback=url)
    if "onAnswer" in phone:
        number.set("url", phone["onAnswer"]["url"])
