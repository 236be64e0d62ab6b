"""A person listens to the messages of a voicemail by phone: what they hear after a PIN, and after each message.

By language; a flow in any other language speaks English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.config.callflow.context import OPENED, WRONG_PIN, Opening
from hub.config.callflow.definition import Messages
from hub.config.callflow.resume_token import ResumeToken
from hub.config.callflow.screening import spoken
from hub.contracts.answers import Play, Say

AGAIN_KEY = "1"
NUMBER: Mapping[str, str] = {
    "de": "Nachricht {at} von {count}.",
    "en": "Message {at} of {count}.",
    "es": "Mensaje {at} de {count}.",
    "fr": "Message {at} sur {count}.",
}
NEXT: Mapping[str, str] = {
    "de": "Drücken Sie die 1, um sie noch einmal zu hören, oder die 2 für die nächste.",
    "en": "Press 1 to hear it again, or 2 for the next one.",
    "es": "Pulse 1 para escucharlo otra vez, o 2 para el siguiente.",
    "fr": "Appuyez sur la touche 1 pour le réécouter, ou sur la touche 2 pour le suivant.",
}
NO_MORE: Mapping[str, str] = {
    "de": "Es gibt keine weiteren Nachrichten.",
    "en": "There are no more messages.",
    "es": "No hay más mensajes.",
    "fr": "Il n'y a pas d'autre message.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxTurn:
    """What comes next: the PIN again, a message, or a last sentence; if none of them, the call goes on at `otherwise`."""

    note: str = ""
    asks_again: bool = False
    at: int = 0
    """Which message, from 0."""
    prompts: tuple[Say | Play, ...] = ()
    last_word: Say | None = None


def turn_at(step: Messages, digits: str, mark: ResumeToken, box: Opening | None, language: str | None) -> BoxTurn:
    """After a PIN: the first message. After a message: the same one again with 1, else the next."""
    note, at = "", mark.attempt + (digits[:1] != AGAIN_KEY)
    if mark.heard != "o":
        if box is None or box.locked:
            return BoxTurn(note="the messages cannot be opened now")
        if not box.fits:
            return BoxTurn(note=WRONG_PIN, asks_again=mark.attempt < step.repeat)
        note, at = OPENED, 0
    messages = box.messages if box else ()
    if at >= len(messages):
        return BoxTurn(note=note, last_word=_say(NO_MORE, language))
    number = _say(NUMBER, language, at=at + 1, count=len(messages))
    return BoxTurn(note=note, at=at, prompts=(number, Play(url=messages[at]), _say(NEXT, language)))


def _say(words: Mapping[str, str], language: str | None, **values: int) -> Say:
    text, tongue = spoken(words, language)
    return Say(text=text.format(**values), language=tongue)
