"""Instructions as TwiML, the language of answer documents that Twilio made and other carriers adopted with small changes.

Source: twilio.com/docs/voice/twiml (dial, gather, number, play, record, reject, say).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar
from xml.etree import ElementTree

from hub.contracts.answers import (
    OWN_PHONE,
    AskToAccept,
    Converse,
    Dial,
    Gather,
    HangUp,
    Instruction,
    Play,
    Say,
    TakeMessage,
)
from hub.contracts.call_backs import CallBack
from hub.contracts.languages import nearest_language
from hub.contracts.webhooks import AnswerDocument
from hub.protocols.twiml.events import PERSON_LEG

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Twiml:
    """TwiML as Twilio defines it; a carrier's dialect overrides what differs.

    `address` gives our address for a path and a mark, at which the carrier asks again or reports the result. `tracking_number`
    was called; only languages that must name it as the caller ID read it.
    """

    say, gather = "Say", "Gather"
    """What the language calls the two verbs."""
    voice: ClassVar[Mapping[str, str]] = {}
    """The attributes of each `<Say>` besides its language."""
    languages: ClassVar[tuple[str, ...]] = ()
    """The languages (BCP 47) that the carrier speaks, the usual variant of each first; empty if it takes every tag."""
    answers_on_bridge: ClassVar[bool] = False
    """Whether the carrier can leave the caller's leg ringing until a person takes the call (`answerOnBridge`)."""
    waits_for_key: ClassVar[bool] = False
    """Whether the carrier itself waits for the key of a person who takes a call, and reports only who has pressed it."""
    phone_noun: ClassVar[str] = "Sip"
    """What the carrier calls a phone of the business below `<Dial>`."""
    leg_path: ClassVar[str] = "status"
    """The path at which the carrier reports the phones that a `<Dial>` rings."""

    def __init__(self, address: Callable[[str, str], str], tracking_number: str = "") -> None:
        self.address, self.tracking_number = address, tracking_number

    def render(self, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The document of `instructions`; without instructions an empty response, which asks for nothing more."""
        response = ElementTree.Element("Response")
        for instruction in instructions:
            match instruction:
                case Say() | Play():
                    self._announce(response, instruction)
                case Dial():
                    self._dial(response, instruction)
                case AskToAccept():
                    self._accept(response, instruction)
                case Gather():
                    self._gather(response, instruction)
                case TakeMessage():
                    ElementTree.SubElement(response, "Record", self.record_attributes(instruction))
                    # Reached only if there was nothing to record.
                    ElementTree.SubElement(response, "Hangup")
                case Converse():
                    self._converse(response, instruction)
                case HangUp(reject=refused):
                    # Only as the first verb does <Reject> keep the call unanswered.
                    response.append(
                        self.rejection() if refused and not len(response) else ElementTree.Element("Hangup")
                    )
        return _document(response)

    def connect(self, call: CallBack) -> AnswerDocument:
        """The document for a user who picked up: dial the person, who sees the tracking number. It asks nothing of the hub."""
        response = ElementTree.Element("Response")
        dialed = ElementTree.SubElement(response, "Dial", self.connect_attributes(call))
        ElementTree.SubElement(dialed, "Number", self.person_attributes(call)).text = call.person_number
        return _document(response)

    def connect_attributes(self, call: CallBack) -> dict[str, str]:
        """The attributes of the `<Dial>` of a call back."""
        return {"callerId": call.tracking_number, "timeout": str(call.person_ring_seconds)}

    def person_attributes(self, call: CallBack) -> dict[str, str]:
        """The attributes of the `<Number>` of a call back."""
        return {"statusCallback": self.address(PERSON_LEG, call.key), "statusCallbackEvent": "answered completed"}

    def say_attributes(self, say: Say) -> dict[str, str]:
        """The attributes of `<Say>`."""
        language = self.spoken_language(say.language) if say.language else None
        return {**self.voice} | ({"language": language} if language else {})

    def dial_attributes(self, dial: Dial) -> dict[str, str]:
        """The attributes of `<Dial>`."""
        attributes = {"action": self.address("dial", dial.mark), "timeout": str(dial.ring_seconds)}
        if self.answers_on_bridge:
            attributes["answerOnBridge"] = "true"
        if dial.time_limit:
            attributes["timeLimit"] = str(dial.time_limit)
        if dial.record:
            attributes["record"] = "record-from-answer-dual"
            attributes["recordingStatusCallback"] = self.address("recording", "")
        return attributes

    def number_attributes(self, dial: Dial) -> dict[str, str]:
        """The attributes of each `<Number>`; the carrier asks its `url` what the person who picks up hears."""
        # A phone that was picked up has not taken the call if a key does: then `accept` reports who has.
        reported = {"statusCallback": self.address(self.leg_path, ""), "statusCallbackEvent": "answered completed"}
        attributes = {} if dial.accept_key and not self.waits_for_key else reported
        if dial.whisper:
            attributes["url"] = self.address("whisper", dial.mark)
        return attributes

    def gather_attributes(self, gather: Gather) -> dict[str, str]:
        """The attributes of `<Gather>`."""
        attributes = {
            "action": self.address("digits", gather.mark),
            "input": "dtmf",
            "numDigits": str(gather.most_digits),
            "timeout": str(gather.seconds),
            # `action` is then asked even if no key came.
            "actionOnEmptyResult": "true",
        }
        if gather.hash_key:
            # Without it, # ends the input and is not reported.
            attributes["finishOnKey"] = ""
        return attributes

    def without_keys(self, gather: Gather) -> ElementTree.Element | None:
        """The verb that is reached if no key came, if the language needs one."""
        return None

    def record_attributes(self, message: TakeMessage) -> dict[str, str]:
        """The attributes of `<Record>`."""
        return {
            # Without its own action, the carrier would ask this address again and record forever.
            "action": self.address("voicemail", message.mark),
            "maxLength": str(message.longest),
            "playBeep": "true",
            "recordingStatusCallback": self.address("recording", ""),
        }

    def rejection(self) -> ElementTree.Element:
        """The verb that refuses a call."""
        return ElementTree.Element("Reject")

    def _announce(self, parent: ElementTree.Element, announcement: Say | Play) -> None:
        if isinstance(announcement, Play):
            ElementTree.SubElement(parent, "Play").text = announcement.url
        elif announcement.text.strip():
            spoken = ElementTree.SubElement(parent, self.say, self.say_attributes(announcement))
            spoken.text = NOT_XML.sub("", announcement.text)

    def spoken_language(self, tag: str) -> str | None:
        """The language (BCP 47) that the carrier speaks for another one; None leaves it to the carrier."""
        return nearest_language(tag, self.languages or (tag,))

    def _dial(self, response: ElementTree.Element, dial: Dial) -> None:
        dialed = ElementTree.SubElement(response, "Dial", self.dial_attributes(dial))
        leg = self.number_attributes(dial)
        for phone in dial.numbers:
            own = phone.startswith(OWN_PHONE)
            noun = ElementTree.SubElement(dialed, self.phone_noun if own else "Number", leg)
            noun.text = self.phone_address(phone.removeprefix(OWN_PHONE)) if own else phone

    def phone_address(self, name: str) -> str:
        """The address of a phone of the business, in the carrier's words."""
        return f"sip:{name}"

    def _accept(self, response: ElementTree.Element, ask: AskToAccept) -> None:
        """Ask for the key; without one the leg ends."""
        if self.waits_for_key:
            for prompt in ask.prompts:
                self._announce(response, prompt)
            return
        wanted = Gather(prompts=ask.prompts, seconds=ask.seconds, mark=ask.mark)
        attributes = self.gather_attributes(wanted) | {"action": self.address("accept", ask.mark)}
        attributes.pop("actionOnEmptyResult", None)
        gathering = ElementTree.SubElement(response, self.gather, attributes)
        for prompt in ask.prompts:
            self._announce(gathering, prompt)
        ElementTree.SubElement(response, "Hangup")

    def _converse(self, response: ElementTree.Element, converse: Converse) -> None:
        """Source: twilio.com/docs/voice/twiml/connect/conversationrelay. The address has no query, because Twilio signs it
        without one for other websockets too; the token says which conversation it is."""
        connect = ElementTree.SubElement(response, "Connect", {"action": self.address("conversed", converse.mark)})
        language = self.spoken_language(converse.language) if converse.language else None
        address = self.address("converse", "").partition("?")[0]
        relay = {"url": f"ws{address.removeprefix('http')}", "interruptible": "speech", "dtmfDetection": "true"}
        noun = ElementTree.SubElement(
            connect, "ConversationRelay", relay | ({"language": language} if language else {})
        )
        ElementTree.SubElement(noun, "Parameter", {"name": "token", "value": converse.token})

    def _gather(self, response: ElementTree.Element, gather: Gather) -> None:
        gathering = ElementTree.SubElement(response, self.gather, self.gather_attributes(gather))
        for prompt in gather.prompts:
            self._announce(gathering, prompt)
        following = self.without_keys(gather)
        if following is not None:
            response.append(following)


def _document(response: ElementTree.Element) -> AnswerDocument:
    text = ElementTree.tostring(response, encoding="unicode")
    return AnswerDocument("text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}')
