"""Questions that a person answers with one key: to a suspect caller before the call goes on, and to the person who picks up.

By language; a flow in any other language asks in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hub.contracts.answers import Say

ScreeningAction = Literal["challenge", "voicemail", "reject"]
PERSON_KEY = "1"
"""The key that a caller presses to go on."""
MAX_QUESTIONS = 2
"""How often a caller is asked before the call ends."""
SECONDS = 6
"""How long a caller has to press it."""
CHALLENGE, PASSED, FAILED = "challenge", "pressed the key and goes on", "pressed no key, and the call ends"


@dataclass(frozen=True, slots=True)
class Screening:
    """What happens to a suspect call instead of its flow, and why, in words without personal data."""

    action: ScreeningAction
    why: str


QUESTIONS: Mapping[str, str] = {
    "de": "Bitte drücken Sie die 1, um verbunden zu werden.",
    "en": "To be connected, please press 1.",
    "es": "Para comunicarse, pulse 1, por favor.",
    "fr": "Pour être mis en relation, appuyez sur la touche 1.",
    "it": "Per essere collegati, premere il tasto 1.",
    "nl": "Druk op 1 om te worden doorverbonden.",
    "pt": "Para ser atendido, pressione a tecla 1.",
}
MESSAGES: Mapping[str, str] = {
    "de": "Bitte hinterlassen Sie nach dem Ton eine Nachricht.",
    "en": "Please leave a message after the tone.",
    "es": "Deje un mensaje después de la señal, por favor.",
    "fr": "Veuillez laisser un message après le signal sonore.",
    "it": "Lasciate un messaggio dopo il segnale acustico.",
    "nl": "Spreek een bericht in na de toon.",
    "pt": "Deixe uma mensagem após o sinal.",
}
TAKE_IT: Mapping[str, str] = {
    "de": "Drücken Sie die 1, um das Gespräch anzunehmen.",
    "en": "Press 1 to take this call.",
    "es": "Pulse 1 para aceptar la llamada.",
    "fr": "Appuyez sur la touche 1 pour prendre l'appel.",
    "it": "Premere il tasto 1 per accettare la chiamata.",
    "nl": "Druk op 1 om het gesprek aan te nemen.",
    "pt": "Pressione a tecla 1 para atender a chamada.",
}
"""Said to a person who picked up and takes the call with the key."""


def spoken(words: Mapping[str, str], language: str | None) -> tuple[str, str | None]:
    """The words in a flow's language (BCP 47), and the language to speak them in."""
    found = words.get((language or "en").partition("-")[0].lower())
    return (words["en"], "en-US") if found is None else (found, language)


def take_it(language: str | None) -> Say:
    """What asks a person who picked up for the key."""
    text, tag = spoken(TAKE_IT, language)
    return Say(text=text, language=tag)
