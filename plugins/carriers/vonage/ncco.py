"""Instructions as an NCCO, Vonage's answer document: a JSON list of actions that are carried out one after the other.

Source: developer.vonage.com/en/voice/voice-api/ncco-reference and /guides/recording.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from hub.api import AnswerDocument, JsonObject
from hub.api.carriers import AskToAccept, CallBack, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from hub.api.twiml import PERSON_LEG, Twiml

LONGEST_TEXT = 1500
"""Letters of one `talk`."""
LANGUAGES = (
    "ar", "bn-IN", "ca-ES", "cmn-CN", "cmn-TW", "cs-CZ", "cy-GB", "da-DK", "de-DE", "el-GR", "en-US", "en-AU", "en-GB",
    "en-GB-WLS", "en-IN", "en-ZA", "es-US", "es-ES", "es-MX", "eu-ES", "fi-FI", "fil-PH", "fr-FR", "fr-CA", "he-IL",
    "hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "ko-KR", "ml-IN", "nb-NO", "nl-NL", "no-NO", "pl-PL", "pt-BR",
    "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sv-SE", "ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA", "vi-VN", "yue-CN",
)  # fmt: skip
"""What Vonage speaks; of several variants of a language the first is used for a variant that it does not speak.

Source: developer.vonage.com/en/voice/voice-api/guides/text-to-speech, read 2026-11-30."""
CHINESE = {"zh-TW": "cmn-TW", "zh-HK": "yue-CN", "zh-MO": "yue-CN"}
"""Vonage names the spoken language, BCP 47 tags name the written one; other `zh` are Mandarin of China."""
MESSAGE = "message"
"""The mark of the address to which the recording of a message is reported."""
NO_SSML = str.maketrans({"<": " ", ">": " ", "\x00": None})
"""A text that begins with a tag would be taken for SSML."""

Action = JsonObject


class Ncco(Twiml):
    """NCCO: the hub's language with the same questions at the same paths, in JSON.

    `connect` rings one phone only, with one of our own numbers as the caller ID.
    """

    languages = LANGUAGES

    def render(self, instructions: Sequence[Instruction]) -> AnswerDocument:
        """The document of `instructions`. A call ends after the last action, so HangUp adds none."""
        return _document([action for each in instructions for action in self._actions(each)])

    def spoken_language(self, tag: str) -> str | None:
        """Vonage's own tag; None for a language that it does not speak, which its voice for en-US then reads."""
        return super().spoken_language(CHINESE.get(tag, tag))

    def connect(self, call: CallBack) -> AnswerDocument:
        """The document for a user who picked up: dial the person, who sees the tracking number."""
        return _document([self._connect(call.person_number or "", call.person_ring_seconds, PERSON_LEG, call.key)])

    def _actions(self, instruction: Instruction) -> list[Action]:
        match instruction:
            case Say() | Play():
                return self._announced(instruction)
            case Dial():
                return self._dialed(instruction)
            case Gather():
                return self._gathered(instruction)
            case TakeMessage():
                return self._take_message(instruction)
            case HangUp():
                return []
            case AskToAccept():
                return [action for prompt in instruction.prompts for action in self._announced(prompt)]

    def _dialed(self, dial: Dial) -> list[Action]:
        """`synchronous`: the reply to a report that nobody answered says what comes next."""
        connect = self._connect(dial.numbers[0], dial.ring_seconds, "dial", dial.mark) | {"eventType": "synchronous"}
        if dial.time_limit:
            connect["limit"] = dial.time_limit
        if dial.whisper:
            connect["endpoint"][0]["onAnswer"] = {"url": self.address("whisper", dial.mark)}
        if not dial.record:
            return [connect]
        return [self._record("") | {"split": "conversation", "channels": 2}, connect]

    def _connect(self, number: str, ring_seconds: int, path: str, mark: str) -> Action:
        return {
            "action": "connect",
            "endpoint": [{"type": "phone", "number": number.removeprefix("+")}],
            "from": self.tracking_number.removeprefix("+"),
            "timeout": min(max(ring_seconds, 1), 120),
            "eventUrl": [self.address(path, mark)],
            "eventMethod": "POST",
        }

    def _gathered(self, gather: Gather) -> list[Action]:
        prompts = [action | {"bargeIn": True} for prompt in gather.prompts for action in self._announced(prompt)]
        listen = {
            "action": "input",
            "type": ["dtmf"],
            "dtmf": {
                "maxDigits": min(max(gather.most_digits, 1), 20),
                "timeOut": min(max(gather.seconds, 0), 10),
                "submitOnHash": not gather.hash_key,
            },
            "eventUrl": [self.address("digits", gather.mark)],
            "eventMethod": "POST",
        }
        return [*prompts, listen]

    def _take_message(self, message: TakeMessage) -> list[Action]:
        """A recording with `endOnSilence` is waited for; then `notify` asks what comes next."""
        kept = {"endOnSilence": 10, "endOnKey": "#", "timeOut": min(max(message.longest, 3), 7200), "beepStart": True}
        ask = {
            "action": "notify",
            "payload": {"step": MESSAGE},
            "eventUrl": [self.address("voicemail", message.mark)],
            "eventMethod": "POST",
        }
        return [self._record(MESSAGE) | kept, ask]

    def _record(self, mark: str) -> Action:
        address = self.address("recording", mark)
        return {"action": "record", "format": "mp3", "eventUrl": [address], "eventMethod": "POST"}

    def _announced(self, announcement: Say | Play) -> list[Action]:
        if isinstance(announcement, Play):
            return [{"action": "stream", "streamUrl": [announcement.url]}]
        language = self.spoken_language(announcement.language) if announcement.language else None
        spoken = {"language": language} if language else {}
        parts = textwrap.wrap(announcement.text.translate(NO_SSML), LONGEST_TEXT)
        return [{"action": "talk", "text": part, **spoken} for part in parts]


def _document(actions: Sequence[Action]) -> AnswerDocument:
    return AnswerDocument("application/json", json.dumps(actions))
