"""TwiML as Twilio speaks it: its languages, the usual variant of each first, and phones in browsers."""

from hub.api.twiml import Twiml

LANGUAGES = (
    "en-US", "en-AU", "en-CA", "en-GB", "en-GB-WLS", "en-IE", "en-IN", "en-NZ", "en-ZA", "es-US", "es-MX", "es-ES", "fr-FR",
    "fr-CA", "fr-BE", "de-DE", "de-AT", "pt-BR", "pt-PT", "nl-NL", "nl-BE", "zh-CN", "zh-HK", "zh-TW", "cmn-CN", "cmn-TW",
    "yue-HK", "arb", "ar-AE", "ar-XA", "af-ZA", "am-ET", "bg-BG", "bn-IN", "ca-ES", "cs-CZ", "cy-GB", "da-DK", "el-GR", "fi-FI",
    "fil-PH", "gu-IN", "he-IL", "hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN", "ko-KR", "lv-LV", "ml-IN",
    "mr-IN", "ms-MY", "nb-NO", "pa-IN", "pl-PL", "ro-RO", "ru-RU", "sk-SK", "sr-RS", "sv-SE", "ta-IN", "te-IN", "th-TH",
    "tr-TR", "uk-UA", "vi-VN",
)  # fmt: skip
"""Source: the enum `Say.Language` of twilio-java of April 2026, which Twilio generates from its definition of TwiML."""


class TwilioTwiml(Twiml):
    """TwiML in the languages that Twilio speaks; a phone of the business is a browser."""

    languages = LANGUAGES
    answers_on_bridge = True
    phone_noun = "Client"

    def phone_address(self, name: str) -> str:
        """Its identity, which has letters, digits and underscores (twilio.com/docs/voice/twiml/client)."""
        return identity(name)


def identity(name: str) -> str:
    """What Twilio knows a phone of the business by. No name has an underscore, so none is mistaken for another."""
    return name.replace("-", "_")
