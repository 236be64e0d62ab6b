"""Instructions as TeXML, Telnyx' dialect of TwiML.

Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs (dial, gather, hangup, play, record, redirect, say).
"""

from __future__ import annotations

from xml.etree import ElementTree

from hub.api.carriers import CallBack, Dial, Gather, TakeMessage
from hub.api.twiml import Twiml

LANGUAGES = (
    "en-US", "en-AU", "en-GB", "en-GB-WLS", "en-IN", "es-US", "es-MX", "es-ES", "fr-FR", "fr-CA", "de-DE", "pt-BR", "pt-PT",
    "arb", "cmn-CN", "cy-GB", "da-DK", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "ro-RO",
    "ru-RU", "sv-SE", "tr-TR",
)  # fmt: skip
"""Source: `SpeakRequest.language` in Telnyx' OpenAPI file; the page of `<Say>` lists none."""


class Texml(Twiml):
    """TeXML: it uses GET if no method is given, and does not support actionOnEmptyResult."""

    voice = {"voice": "alice"}
    """Telnyx' own voice that speaks other languages; its default voices speak US English only."""
    languages = LANGUAGES
    leg_path = "leg"

    def connect_attributes(self, call: CallBack) -> dict[str, str]:
        return super().connect_attributes(call) | {"timeout": _between(5, call.person_ring_seconds, 120)}

    def person_attributes(self, call: CallBack) -> dict[str, str]:
        return super().person_attributes(call) | {"statusCallbackMethod": "POST"}

    def dial_attributes(self, dial: Dial) -> dict[str, str]:
        # Telnyx accepts 5 to 120 seconds.
        attributes = super().dial_attributes(dial) | {"method": "POST", "timeout": _between(5, dial.ring_seconds, 120)}
        return attributes | ({"recordingStatusCallbackMethod": "POST"} if dial.record else {})

    def number_attributes(self, dial: Dial) -> dict[str, str]:
        attributes = super().number_attributes(dial) | ({} if dial.accept_key else {"statusCallbackMethod": "POST"})
        return attributes | ({"method": "POST"} if dial.whisper else {})

    def gather_attributes(self, gather: Gather) -> dict[str, str]:
        return {
            # No method: Telnyx uses the application's method, which `configure` sets to POST.
            "action": self.address("digits", gather.mark),
            "input": "dtmf",
            "minDigits": "1",
            "maxDigits": str(gather.most_digits),
            "numDigits": str(gather.most_digits),
            "timeout": _between(1, gather.seconds, 120),
        }

    def without_keys(self, gather: Gather) -> ElementTree.Element:
        # If no key is pressed, Telnyx continues with the next verb.
        following = ElementTree.Element("Redirect", {"method": "POST"})
        following.text = self.address("digits", gather.mark)
        return following

    def record_attributes(self, message: TakeMessage) -> dict[str, str]:
        # With silence detection Telnyx would transcribe the message and charge for it.
        quiet = {"timeout": "0", "channels": "single"}
        posted = {"method": "POST", "recordingStatusCallbackMethod": "POST"}
        return super().record_attributes(message) | posted | quiet


def _between(least: int, wanted: int, most: int) -> str:
    return str(min(max(wanted, least), most))
