"""Instructions as TeXML, Telnyx' answer documents.

Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs (dial, gather, hangup, play, record, redirect, say).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from hub.api import AnswerDocument, AnswerPoint, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from plugins.carriers.telnyx.addresses import Addresses

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
VOICE = "alice"
"""Telnyx' own voice that speaks other languages; its default voices speak US English only."""


def answer(point: AnswerPoint, instructions: Sequence[Instruction], addresses: Addresses) -> AnswerDocument:
    """The TeXML of `instructions` for the call at `point`."""
    response = ElementTree.Element("Response")
    for instruction in instructions:
        match instruction:
            case Say() | Play():
                _announce(response, instruction)
            case Dial():
                _dial(response, instruction, point, addresses)
            case Gather():
                _gather(response, instruction, addresses.of("digits", point, instruction.mark))
            case TakeMessage():
                _take_message(response, instruction, point, addresses)
            case HangUp():
                ElementTree.SubElement(response, "Hangup")
    return document(response)


def document(response: ElementTree.Element) -> AnswerDocument:
    """An XML element as the document that Telnyx reads."""
    text = ElementTree.tostring(response, encoding="unicode")
    return AnswerDocument("text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _announce(parent: ElementTree.Element, announcement: Say | Play) -> None:
    if isinstance(announcement, Play):
        ElementTree.SubElement(parent, "Play").text = announcement.url
    elif announcement.text.strip():
        spoken = {"voice": VOICE} | ({"language": announcement.language} if announcement.language else {})
        ElementTree.SubElement(parent, "Say", spoken).text = NOT_XML.sub("", announcement.text)


def _dial(response: ElementTree.Element, dial: Dial, point: AnswerPoint, addresses: Addresses) -> None:
    dialling = {
        "action": addresses.of("dial", point, dial.mark),
        "method": "POST",
        # Telnyx takes 5 to 120 seconds.
        "timeout": str(min(max(dial.ring_seconds, 5), 120)),
    }
    if dial.record:
        dialling |= {
            "record": "record-from-answer-dual",
            "recordingStatusCallback": addresses.of("recording", point),
            "recordingStatusCallbackMethod": "POST",
        }
    dialled = ElementTree.SubElement(response, "Dial", dialling)
    leg = {
        "statusCallback": addresses.of("leg", point),
        "statusCallbackEvent": "answered completed",
        "statusCallbackMethod": "POST",
    }
    if dial.whisper:
        leg |= {"url": addresses.of("whisper", point, dial.mark), "method": "POST"}
    for phone in dial.numbers:
        ElementTree.SubElement(dialled, "Number", leg).text = phone


def _gather(response: ElementTree.Element, gather: Gather, action: str) -> None:
    keys = {
        # No method: Telnyx asks with the one that the application is set to, which `configure` makes POST.
        "action": action,
        "input": "dtmf",
        "minDigits": "1",
        "maxDigits": str(gather.most_digits),
        "numDigits": str(gather.most_digits),
        "timeout": str(min(max(gather.seconds, 1), 120)),
    }
    gathering = ElementTree.SubElement(response, "Gather", keys)
    for prompt in gather.prompts:
        _announce(gathering, prompt)
    # TeXML knows no actionOnEmptyResult: where no key comes Telnyx goes on with the next verb.
    ElementTree.SubElement(response, "Redirect", {"method": "POST"}).text = action


def _take_message(
    response: ElementTree.Element, message: TakeMessage, point: AnswerPoint, addresses: Addresses
) -> None:
    recording = {
        "action": addresses.of("voicemail", point, message.mark),
        "method": "POST",
        "maxLength": str(message.longest),
        "playBeep": "true",
        # With silence detection Telnyx would transcribe the message, and charge for it.
        "timeout": "0",
        "channels": "single",
        "recordingStatusCallback": addresses.of("recording", point),
        "recordingStatusCallbackMethod": "POST",
    }
    ElementTree.SubElement(response, "Record", recording)
    # Reached only where there was nothing to record.
    ElementTree.SubElement(response, "Hangup")
