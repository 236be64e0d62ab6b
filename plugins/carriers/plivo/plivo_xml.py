"""Instructions as Plivo XML.

Source: plivo.com/docs/voice/xml (dial, getinput, hangup, play, record, redirect, speak).
"""

from __future__ import annotations

from xml.etree import ElementTree

from hub.api.carriers import CallBack, Dial, Gather, TakeMessage
from hub.api.twiml import PERSON_LEG, Twiml

POST = "POST"
LANGUAGES = (
    *(
        "en-US",
        "en-GB",
        "en-AU",
        "es-US",
        "es-ES",
        "fr-FR",
        "fr-CA",
        "de-DE",
        "da-DK",
        "nl-NL",
        "it-IT",
        "pl-PL",
        "pt-BR",
    ),
    *("pt-PT", "ru-RU", "sv-SE"),
)
"""What `<Speak>` speaks. Source: plivo.com/docs/voice/xml/audio-output, Supported Languages."""
LONGEST_CALL = 14_400
"""Seconds; a recording that gives no `maxLength` ends after 60."""
CONFIRM_SECONDS = 20
"""How long a person who picked up has to take the call, from the answer on."""
BY_KEY = "key"
"""The mark in the address to which a dial reports its phones, if only a key takes the call."""
MESSAGE = "message"
"""The mark in the address to which Plivo reports a voice message; other recordings have none."""


class PlivoXml(Twiml):
    """Plivo XML: a dial reports its phones at `callbackUrl`, whispers by `confirmSound`; a `Record` before it records it."""

    say, gather = "Speak", "GetInput"
    languages = LANGUAGES
    waits_for_key = True

    def rejection(self) -> ElementTree.Element:
        return ElementTree.Element("Hangup", {"reason": "rejected"})

    def connect_attributes(self, call: CallBack) -> dict[str, str]:
        reports = {"callbackUrl": self.address(PERSON_LEG, call.key), "callbackMethod": POST}
        return super().connect_attributes(call) | reports

    def person_attributes(self, call: CallBack) -> dict[str, str]:
        return {}

    def number_attributes(self, dial: Dial) -> dict[str, str]:
        return {}

    def dial_attributes(self, dial: Dial) -> dict[str, str]:
        attributes = {
            "action": self.address("dial", dial.mark),
            "method": POST,
            "timeout": str(dial.ring_seconds),
            "callbackUrl": self.address("leg", BY_KEY if dial.accept_key else ""),
            "callbackMethod": POST,
        }
        if dial.time_limit:
            attributes["timeLimit"] = str(dial.time_limit)
        if dial.accept_key:
            attributes |= {"confirmKey": dial.accept_key, "confirmTimeout": str(CONFIRM_SECONDS)}
        return attributes | ({"confirmSound": self.address("whisper", dial.mark)} if dial.whisper else {})

    def _dial(self, response: ElementTree.Element, dial: Dial) -> None:
        if dial.record:
            background = {"startOnDialAnswer": "true", "redirect": "false", "maxLength": str(LONGEST_CALL)}
            stereo = {"fileFormat": "wav", "recordChannelType": "stereo"}
            ElementTree.SubElement(response, "Record", background | stereo | self._reported(""))
        super()._dial(response, dial)

    def gather_attributes(self, gather: Gather) -> dict[str, str]:
        wait, keys = gather.seconds, gather.most_digits
        return {
            "action": self.address("digits", gather.mark),
            "method": POST,
            "inputType": "dtmf",
            "numDigits": str(min(keys, 32)),
            # The time for all keys together, from the end of the prompts.
            "executionTimeout": _between(5, wait * min(keys, 4), 60),
            "digitEndTimeout": _between(2, wait, 10),
            "finishOnKey": "none" if gather.hash_key else "#",
            # A key may be an answer that nobody else should read in Plivo's log.
            "log": "false",
        }

    def without_keys(self, gather: Gather) -> ElementTree.Element:
        following = ElementTree.Element("Redirect", {"method": POST})
        following.text = self.address("digits", gather.mark)
        return following

    def record_attributes(self, message: TakeMessage) -> dict[str, str]:
        return {
            "action": self.address("voicemail", message.mark),
            "method": POST,
            "maxLength": str(message.longest),
            "playBeep": "true",
            "fileFormat": "wav",
            "recordChannelType": "mono",
            **self._reported(MESSAGE),
        }

    def _reported(self, mark: str) -> dict[str, str]:
        return {"callbackUrl": self.address("recording", mark), "callbackMethod": POST}


def _between(least: int, wanted: int, most: int) -> str:
    return str(min(max(wanted, least), most))
