"""What a person hears after a PIN: the messages of a voicemail one by one, or how to sign in and out of queues.

By language; a flow in any other language speaks English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.config.callflow.context import OPENED, RECORDS_GREETING, WRONG_PIN, Move, Opening
from hub.config.callflow.definition import SignIn, WithPin
from hub.config.callflow.resume_token import ResumeToken
from hub.config.callflow.screening import spoken
from hub.contracts.answers import Play, Say

AGAIN_KEY, GREETING_KEY = "1", "3"
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
TO_RECORD: Mapping[str, str] = {
    "de": "Drücken Sie die 3, um Ihre Ansage aufzunehmen.",
    "en": "Press 3 to record your greeting.",
    "es": "Pulse 3 para grabar su saludo.",
    "fr": "Appuyez sur la touche 3 pour enregistrer votre annonce.",
}
RECORD: Mapping[str, str] = {
    "de": "Das war Ihre Ansage. Sprechen Sie die neue nach dem Ton, und legen Sie dann auf.",
    "en": "That was your greeting. Record a new one after the tone, then hang up.",
    "es": "Ese era su saludo. Grabe uno nuevo después de la señal y luego cuelgue.",
    "fr": "C'était votre annonce. Enregistrez la nouvelle après le signal, puis raccrochez.",
}
RECORDED: Mapping[str, str] = {
    "de": "Ihre Ansage ist aufgenommen. Anrufer hören sie in wenigen Minuten.",
    "en": "Your greeting is recorded. Callers hear it in a few minutes.",
    "es": "Su saludo está grabado. Quienes llamen lo oirán en unos minutos.",
    "fr": "Votre annonce est enregistrée. Les appelants l'entendront dans quelques minutes.",
}
SIGN: Mapping[str, str] = {
    "de": "Drücken Sie die 1, um sich anzumelden, die 2 für eine Pause oder die 3, um sich abzumelden.",
    "en": "Press 1 to sign in, 2 to take a break, or 3 to sign out.",
    "es": "Pulse 1 para conectarse, 2 para hacer una pausa o 3 para desconectarse.",
    "fr": "Appuyez sur la touche 1 pour vous connecter, sur la 2 pour faire une pause ou sur la 3 pour vous déconnecter.",
}
SIGNED_IN = {
    "de": "Sie sind angemeldet.",
    "en": "You are signed in.",
    "es": "Está conectado.",
    "fr": "Vous êtes connecté.",
}
ON_BREAK = {
    "de": "Sie haben Pause.",
    "en": "You are on a break.",
    "es": "Está en pausa.",
    "fr": "Vous êtes en pause.",
}
SIGNED_OUT = {
    "de": "Sie sind abgemeldet.",
    "en": "You are signed out.",
    "es": "Está desconectado.",
    "fr": "Vous êtes déconnecté.",
}
SIGNED: Mapping[str, tuple[Move, Mapping[str, str]]] = {
    "1": ("in", SIGNED_IN),
    "2": ("break", ON_BREAK),
    "3": ("out", SIGNED_OUT),
}
"""Key → what the agent does, and what is said of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PinTurn:
    """What comes next: the PIN again, a message, or a last sentence; if none of them, the call goes on at `otherwise`."""

    note: str = ""
    asks_again: bool = False
    at: int = 0
    """Which message, from 0; or which agent of the flow."""
    prompts: tuple[Say | Play, ...] = ()
    last_word: Say | None = None
    move: Move | None = None
    """What the agent does."""
    records: bool = False
    """Whether the greeting is recorded next."""


def turn_at(
    step: WithPin, digits: str, mark: ResumeToken, box: Opening | None, language: str | None, *, greets: bool
) -> PinTurn:
    """After a PIN, and after each key that follows it. `greets`: the person may record the greeting of the voicemail."""
    opened = mark.heard == "o"
    if not opened and (box is None or box.locked):
        return PinTurn(note="no PIN is taken now")
    if not opened and box is not None and not box.fits:
        return PinTurn(note=WRONG_PIN, asks_again=mark.attempt < step.repeat)
    if isinstance(step, SignIn):
        return _signing(digits[:1], mark, None if opened else box, language)
    if opened and greets and digits[:1] == GREETING_KEY:
        return PinTurn(note=RECORDS_GREETING, prompts=(_say(RECORD, language),), records=True)
    return _hearing(digits, mark, None if opened else OPENED, box, language, greets=greets)


def _signing(key: str, mark: ResumeToken, box: Opening | None, language: str | None) -> PinTurn:
    """After the PIN the question; then the answer is said back."""
    if box is not None:
        return PinTurn(note="an agent's PIN", at=box.agent, prompts=(_say(SIGN, language),))
    if key not in SIGNED:
        return PinTurn(note="no key that is listed")
    move, words = SIGNED[key]
    return PinTurn(note=f"an agent: {move}", at=mark.attempt, last_word=_say(words, language), move=move)


def _hearing(
    digits: str, mark: ResumeToken, note: str | None, box: Opening | None, language: str | None, *, greets: bool
) -> PinTurn:
    """After the PIN the first message. After a message: the same one again with 1, else the next."""
    at = 0 if note else mark.attempt + (digits[:1] != AGAIN_KEY)
    messages = box.messages if box else ()
    to_record = (_say(TO_RECORD, language),) if greets else ()
    if at == len(messages) and greets:
        return PinTurn(note=note or "", at=at, prompts=(_say(NO_MORE, language), *to_record))
    if at >= len(messages):
        return PinTurn(note=note or "", last_word=_say(NO_MORE, language))
    number = _say(NUMBER, language, at=at + 1, count=len(messages))
    return PinTurn(note=note or "", at=at, prompts=(number, Play(url=messages[at]), _say(NEXT, language), *to_record))


def recorded(language: str | None) -> Say:
    """What is said after the greeting was recorded."""
    return _say(RECORDED, language)


def _say(words: Mapping[str, str], language: str | None, **values: int) -> Say:
    text, tongue = spoken(words, language)
    return Say(text=text.format(**values), language=tongue)
