"""Routes as TwiML, Twilio's answer documents, and the addresses at which Twilio tells us how they went.

Source: twilio.com/docs/voice/twiml (dial, number, record, say).
"""

from __future__ import annotations

import re
from urllib.parse import urlencode
from xml.etree import ElementTree

from hub.api import AnswerDocument, AnswerPoint, Route

TRACKING_NUMBER = "tracking_number"
"""The query field of our own addresses that carries the tracking number; Twilio signs it with the address."""
VOICEMAIL_SECONDS = 180
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def callback(webhook_url: str, path: str, tracking_number: str) -> str:
    """Our address `path` for a call on `tracking_number`."""
    return f"{webhook_url}/{path}?{urlencode({TRACKING_NUMBER: tracking_number})}"


def answer(point: AnswerPoint, route: Route, source_name: str, webhook_url: str) -> AnswerDocument:
    """The TwiML for a call at `point` along `route`."""
    response = ElementTree.Element("Response")
    number = point.tracking_number
    match point.step:
        case "ringing":
            _connect(response, route, webhook_url, number)
        case "whisper":
            _say(response, (route.whisper or "").replace("[source]", source_name))
        case "after_dial" if route.voicemail:
            _voicemail(response, route.voicemail, webhook_url, number)
        case "after_dial" | "done":
            ElementTree.SubElement(response, "Hangup")
    return document(response)


def document(response: ElementTree.Element) -> AnswerDocument:
    """An XML element as the document that Twilio reads."""
    text = ElementTree.tostring(response, encoding="unicode")
    return AnswerDocument("text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _say(parent: ElementTree.Element, text: str | None) -> None:
    if text and text.strip():
        ElementTree.SubElement(parent, "Say").text = NOT_XML.sub("", text)


def _connect(response: ElementTree.Element, route: Route, webhook_url: str, number: str) -> None:
    _say(response, route.greeting)
    dialling = {"action": callback(webhook_url, "dial", number), "timeout": str(route.ring_seconds)}
    if route.record and route.recording_notice:
        _say(response, route.recording_notice)
        dialling["record"] = "record-from-answer-dual"
        dialling["recordingStatusCallback"] = callback(webhook_url, "recording", number)
    dial = ElementTree.SubElement(response, "Dial", dialling)
    leg = {"statusCallback": callback(webhook_url, "status", number), "statusCallbackEvent": "answered completed"}
    if route.whisper:
        leg["url"] = callback(webhook_url, "whisper", number)
    ElementTree.SubElement(dial, "Number", leg).text = route.dial


def _voicemail(response: ElementTree.Element, greeting: str, webhook_url: str, number: str) -> None:
    _say(response, greeting)
    recording = {
        # Without an action of its own, Twilio would ask this address again and record for ever.
        "action": callback(webhook_url, "voicemail", number),
        "maxLength": str(VOICEMAIL_SECONDS),
        "playBeep": "true",
        "recordingStatusCallback": callback(webhook_url, "recording", number),
    }
    ElementTree.SubElement(response, "Record", recording)
    ElementTree.SubElement(response, "Hangup")
