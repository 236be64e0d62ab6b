"""Instructions as BXML, Bandwidth's language of answer documents.

Source: dev.bandwidth.com/docs/voice/bxml and the SDK's models.bxml 23.3.1, which the tests compare with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from hub.api import AnswerDocument, Rejected
from hub.api.carriers import AskToAccept, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage, nearest_language
from hub.api.twiml import PERSON_LEG

MAX_BYTES = 64 * 1024
MAX_MESSAGE_SECONDS, MAX_RING_SECONDS, MAX_KEY_SECONDS, MAX_KEYS = 10_800, 300, 60, 50
RECORDED = "~"
"""Before the mark in the address that is asked when a phone was picked up: the dial records. No mark begins with it."""
MESSAGE = "message"
"""The mark in the address to which a recording by `<Record>` is reported; blank for that of a dial."""
ROOT = "Response"
"""All of Bandwidth's pages about webhooks answer with it; `Bxml` stands only in `PUT /calls/{id}/bxml`."""
LOCALES = {
    "en-US": "en_US",
    "en-GB": "en_UK",
    "es-MX": "es_MX",
    "es-ES": "es",
    "es-US": "es_US",
    "fr-FR": "fr",
    "fr-CA": "fr_CA",
    "de-DE": "de",
    "it-IT": "it",
    "ja-JP": "ja",
    "ru-RU": "ru",
    "ar-SA": "arb",
    "zh-CN": "cmn-CN",
}
"""By language, the locales in the table of voices at dev.bandwidth.com/docs/voice/bxml/speakSentence; another locale would
end the call. Bandwidth charges more for the voices of es_US and fr_CA."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Bxml:
    """Documents for one call. `address` gives our address for a path and a mark; each has the user and the password."""

    def __init__(self, address: Callable[[str, str], str], user: str, password: str) -> None:
        self._address, self._basic = address, {"username": user, "password": password}

    def render(self, instructions: Sequence[Instruction], records: bool = False) -> AnswerDocument:
        """The document of `instructions`; with `records` it then records the leg of the phone that was picked up."""
        root = Element(ROOT)
        for instruction in instructions:
            match instruction:
                case Say() | Play():
                    self._announce(root, instruction)
                case Dial():
                    self._dial(root, instruction)
                case AskToAccept():
                    gather = Gather(prompts=instruction.prompts, seconds=instruction.seconds)
                    self._gather(
                        root, gather, self._address("accept", (RECORDED if records else "") + instruction.mark)
                    )
                    SubElement(root, "Hangup")
                    return document(root)
                case Gather():
                    self._gather(root, instruction, self._address("digits", instruction.mark))
                case TakeMessage():
                    self._message(root, instruction)
                case HangUp():
                    SubElement(root, "Hangup")
        if records:
            reported = {
                "recordingAvailableUrl": self._address("recording", ""),
                "multiChannel": "true",
                "fileFormat": "wav",
            }
            SubElement(root, "StartRecording", reported | self._basic)
        if not len(root):
            # Source: dev.bandwidth.com/docs/voice/bxml/hangup: an empty `<Response/>` is one with a `<Hangup/>`.
            SubElement(root, "Pause", {"duration": "0.1"})
        return document(root)

    def connect(self, caller_id: str, number: str, ring_seconds: int, key: str) -> AnswerDocument:
        """The document for a user who picked up: dial the person, who sees the tracking number."""
        root = Element(ROOT)
        wanted = {"transferCallerId": caller_id, "callTimeout": _between(1, ring_seconds, MAX_RING_SECONDS)}
        reported = {"transferDisconnectUrl": self._address(PERSON_LEG, key)}
        SubElement(SubElement(root, "Transfer", wanted), "PhoneNumber", reported | self._basic).text = number
        return document(root)

    def _announce(self, parent: Element, said: Say | Play) -> None:
        if isinstance(said, Play):
            # Without our password: the file may be at a third party.
            SubElement(parent, "PlayAudio").text = said.url
        elif said.text.strip():
            tag = nearest_language(said.language, LOCALES)
            SubElement(parent, "SpeakSentence", {"locale": LOCALES[tag]} if tag else {}).text = NOT_XML.sub(
                "", said.text
            )

    def _dial(self, root: Element, dial: Dial) -> None:
        wanted = {
            "transferCompleteUrl": self._address("dial", dial.mark),
            "callTimeout": _between(1, dial.ring_seconds, MAX_RING_SECONDS),
        }
        transfer = SubElement(root, "Transfer", wanted | self._basic)
        # A phone that was picked up has not taken the call if a key does: then `accept` reports who has.
        reported = {} if dial.accept_key else {"transferDisconnectUrl": self._address("leg", "")}
        if dial.whisper or dial.record:
            # Without these nothing is asked when a phone is picked up, so that the two are connected at once.
            path = "accept" if dial.accept_key else "whisper"
            reported["transferAnswerUrl"] = self._address(path, (RECORDED if dial.record else "") + dial.mark)
        for number in dial.numbers:
            SubElement(transfer, "PhoneNumber", reported | self._basic).text = number

    def _gather(self, root: Element, gather: Gather, address: str) -> None:
        seconds = _between(1, gather.seconds, MAX_KEY_SECONDS)
        wanted = {
            "gatherUrl": address,
            "maxDigits": _between(1, gather.most_digits, MAX_KEYS),
            "firstDigitTimeout": seconds,
            "interDigitTimeout": seconds,
        }
        wanted |= {} if gather.hash_key else {"terminatingDigits": "#"}
        gathering = SubElement(root, "Gather", wanted | self._basic)
        for prompt in gather.prompts:
            self._announce(gathering, prompt)

    def _message(self, root: Element, message: TakeMessage) -> None:
        # `<Record>` has no tone of its own: the tone of a key is one.
        SubElement(root, "SendDtmf", {"toneDuration": "500"}).text = "1"
        wanted = {
            "recordCompleteUrl": self._address("voicemail", message.mark),
            "recordingAvailableUrl": self._address("recording", MESSAGE),
            "maxDuration": _between(1, message.longest, MAX_MESSAGE_SECONDS),
            "fileFormat": "wav",
        }
        SubElement(root, "Record", wanted | self._basic)
        SubElement(root, "Hangup")


def document(root: Any) -> AnswerDocument:
    """A document as Bandwidth takes it."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>{tostring(root, encoding="unicode")}'
    if len(text.encode()) > MAX_BYTES:
        raise Rejected("the answer is longer than the 64 KB that Bandwidth takes; shorten its texts.")
    return AnswerDocument("application/xml", text)


def _between(least: int, wanted: int, most: int) -> str:
    return str(min(max(wanted, least), most))
