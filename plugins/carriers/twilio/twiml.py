"""Instructions as TwiML, Twilio's answer documents, and the addresses at which Twilio asks again or tells how it went.

Source: twilio.com/docs/voice/twiml (dial, gather, number, play, record, say).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode
from xml.etree import ElementTree

from hub.api import AnswerDocument, AnswerPoint, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage

TRACKING_NUMBER = "tracking_number"
"""The query field of our own addresses that carries the tracking number; Twilio signs it with the address."""
MARK = "mark"
"""The query field that carries the mark of the instruction that waits."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def callback(webhook_url: str, path: str, tracking_number: str, mark: str = "") -> str:
    """Our address `path` for a call on `tracking_number`, for the instruction with `mark`."""
    fields = {TRACKING_NUMBER: tracking_number} | ({MARK: mark} if mark else {})
    return f"{webhook_url}/{path}?{urlencode(fields)}"


def answer(point: AnswerPoint, instructions: Sequence[Instruction], webhook_url: str) -> AnswerDocument:
    """The TwiML of `instructions` for the call at `point`."""
    return _answer(tuple(instructions), point.tracking_number, webhook_url)


@lru_cache(maxsize=1024)  # most calls to a number hear the same
def _answer(instructions: tuple[Instruction, ...], number: str, webhook_url: str) -> AnswerDocument:
    response = ElementTree.Element("Response")
    for instruction in instructions:
        match instruction:
            case Say() | Play():
                _announce(response, instruction)
            case Dial():
                _dial(response, instruction, webhook_url, number)
            case Gather():
                _gather(response, instruction, callback(webhook_url, "digits", number, instruction.mark))
            case TakeMessage():
                _take_message(response, instruction, webhook_url, number)
            case HangUp():
                ElementTree.SubElement(response, "Hangup")
    return document(response)


def document(response: ElementTree.Element) -> AnswerDocument:
    """An XML element as the document that Twilio reads."""
    text = ElementTree.tostring(response, encoding="unicode")
    return AnswerDocument("text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _announce(parent: ElementTree.Element, announcement: Say | Play) -> None:
    if isinstance(announcement, Play):
        ElementTree.SubElement(parent, "Play").text = announcement.url
    elif announcement.text.strip():
        spoken = {"language": announcement.language} if announcement.language else {}
        ElementTree.SubElement(parent, "Say", spoken).text = NOT_XML.sub("", announcement.text)


def _dial(response: ElementTree.Element, dial: Dial, webhook_url: str, number: str) -> None:
    dialling = {
        "action": callback(webhook_url, "dial", number, dial.mark),
        "timeout": str(dial.ring_seconds),
    }
    if dial.record:
        dialling["record"] = "record-from-answer-dual"
        dialling["recordingStatusCallback"] = callback(webhook_url, "recording", number)
    dialled = ElementTree.SubElement(response, "Dial", dialling)
    leg = {"statusCallback": callback(webhook_url, "status", number), "statusCallbackEvent": "answered completed"}
    if dial.whisper:
        leg["url"] = callback(webhook_url, "whisper", number, dial.mark)
    for phone in dial.numbers:
        ElementTree.SubElement(dialled, "Number", leg).text = phone


def _gather(response: ElementTree.Element, gather: Gather, action: str) -> None:
    keys = {
        "action": action,
        "input": "dtmf",
        "numDigits": str(gather.most_digits),
        "timeout": str(gather.seconds),
        # Twilio then asks `action` also where no key came.
        "actionOnEmptyResult": "true",
    }
    if gather.hash_key:
        # Without it Twilio takes # for the end of what is pressed, and does not tell of it.
        keys["finishOnKey"] = ""
    gathering = ElementTree.SubElement(response, "Gather", keys)
    for prompt in gather.prompts:
        _announce(gathering, prompt)


def _take_message(response: ElementTree.Element, message: TakeMessage, webhook_url: str, number: str) -> None:
    recording = {
        # Without an action of its own, Twilio would ask this address again and record for ever.
        "action": callback(webhook_url, "voicemail", number, message.mark),
        "maxLength": str(message.longest),
        "playBeep": "true",
        "recordingStatusCallback": callback(webhook_url, "recording", number),
    }
    ElementTree.SubElement(response, "Record", recording)
    # Reached only where Twilio heard nothing to record.
    ElementTree.SubElement(response, "Hangup")
