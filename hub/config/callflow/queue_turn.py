"""How it stands with a caller in a queue, what becomes of them there, and what they hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

PART_SECONDS = 10
"""The length of the pieces in which callers hear the music; the hub is asked after each, or each second one."""
MUSIC_PARTS = 30
"""After so many pieces the music begins again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTurn:
    """How it stands with one caller in a queue now."""

    position: int = 1
    waited: float = 0.0
    """Seconds since the caller came in."""
    waited_before: float | None = None
    """The same when the caller was asked last; None if they come in now."""
    expected: float | None = None
    """Seconds until it is probably their turn."""
    agents: int = 1
    """Agents who are signed in, free or not."""
    agent: str | None = None
    """The phone of the agent who gets the call, E.164; None while none is free for it."""

    def is_due(self, every: int) -> bool:
        """Whether place and waiting time are spoken now, if that is done `every` so many seconds; 0 is never."""
        return every > 0 and (self.waited_before is None or self.waited // every > self.waited_before // every)

    def expecting(self, seconds: float) -> QueueTurn:
        """The same with a waiting time."""
        return replace(self, expected=seconds)


Move = Literal["waits", "rings", "answered", "left", "too_long", "full", "no_agents", "call_back"]
"""What becomes of a caller at a queue: they wait; an agent's phone rings; and the ends of the wait."""


@dataclass(frozen=True, slots=True)
class QueueMove:
    """What a walk decided at a queue."""

    step: str
    move: Move
    agent: str | None = None


PLACE: Mapping[str, str] = {
    "de": "Sie sind an Platz {} der Warteschlange.",
    "en": "You are number {} in line.",
    "es": "Su lugar en la fila es el número {}.",
    "fr": "Vous êtes en position {} dans la file d'attente.",
    "it": "Siete in posizione {} nella coda.",
    "nl": "U bent nummer {} in de wachtrij.",
    "pt": "Você é o número {} da fila.",
}
WAIT: Mapping[str, str] = {
    "de": "Die Wartezeit beträgt weniger als {} Minuten.",
    "en": "The estimated wait is less than {} minutes.",
    "es": "El tiempo de espera es de menos de {} minutos.",
    "fr": "Le temps d'attente est de moins de {} minutes.",
    "it": "L'attesa prevista è di meno di {} minuti.",
    "nl": "De wachttijd is minder dan {} minuten.",
    "pt": "O tempo de espera é de menos de {} minutos.",
}
"""From two minutes on, so that the word is always right."""
WILL_CALL: Mapping[str, str] = {
    "de": "Sie behalten Ihren Platz. Wir rufen Sie zurück.",
    "en": "You keep your place in line. We will call you back at this number.",
    "es": "Usted conserva su lugar. Le devolveremos la llamada.",
    "fr": "Vous gardez votre place. Nous vous rappellerons.",
    "it": "Manterrete il vostro posto. Vi richiameremo.",
    "nl": "U houdt uw plaats. Wij bellen u terug.",
    "pt": "Você mantém o seu lugar. Ligaremos de volta.",
}
