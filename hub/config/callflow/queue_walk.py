"""What callers in a queue hear, and what becomes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hub.config.callflow.context import (
    FlowResult,
    Move,
    QueueMove,
    QueueTurn,
    audio_key,
)
from hub.config.callflow.definition import HASH, Queue
from hub.config.callflow.screening import spoken
from hub.config.callflow.walk_state import WalkState
from hub.contracts.answers import Gather, Play, Say

PART_SECONDS = 10
"""The length of the pieces in which callers hear the music; the hub is asked after each, or each second one."""
MUSIC_PARTS = 30
"""After so many pieces the music begins again."""
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
NEAR_PARTS, FAR_PARTS = 1, 2
"""Pieces of music until the hub is asked again: of a caller for whom an agent may be free soon, and of all others."""
MAX_ANNOUNCED_MINUTES = 60
WHY = {
    "left": "the caller left the queue",
    "too_long": "the longest wait is over",
    "full": "the queue is full",
    "no_agents": "no agent is signed in",
}


class QueueWalk(WalkState):
    """A walk that knows queues. In each, `asks_turn` asks the caller's turn of the hub, and the walk is made again with it."""

    def _queue(self, step: Queue, digits: str = "") -> FlowResult:
        """The caller comes into the queue, waits in it, or is in it again after a phone that nobody picked up."""
        name = self._mark.step
        if self._known.queues is None:
            return self._by_turns(step)
        if step.leave is not None and digits[:1] == step.leave_key:
            return self._leaves(step, "left", step.leave)
        if digits and digits[:1] == step.call_back_key and self._known.caller_known:
            self._moves.append(QueueMove(name, "call_back"))
            self._note("keeps the place and will be called back")
            text, language = spoken(WILL_CALL, self._language)
            self._said.append(Say(text=text, language=language))
            return self._end()
        turn = self._known.queues.get(name)
        if turn is None:
            return self._walked(asks_turn=name)
        if turn.agent is not None:
            self._moves.append(QueueMove(name, "rings", turn.agent))
            self._mark = self._mark.at(name, self._mark.attempt + 1)
            recorded = step.record and self._mark.heard == "h"
            return self._walked(self._rung(step, (turn.agent,), recorded, str(self._mark)))
        if turn.agents == 0:
            return self._leaves(step, "no_agents", step.unanswered)
        if turn.waited_before is None and turn.position > step.most_waiting:
            return self._leaves(step, "full", step.busy or step.unanswered)
        if turn.waited >= step.longest_wait:
            return self._leaves(step, "too_long", step.no_answer or step.unanswered)
        return self._hold(step, turn)

    def _hold(self, step: Queue, turn: QueueTurn) -> FlowResult:
        """Music, now and then with place and waiting time, until the hub is asked again."""
        name, heard = self._mark.step, self._mark.attempt
        if turn.waited_before is None:
            self._moves.append(QueueMove(name, "waits"))
            self._note(f"waits at place {turn.position}")
        parts = NEAR_PARTS if turn.position <= turn.agents else FAR_PARTS
        prompts: list[Say | Play] = [*self._announced(step, turn)]
        key = audio_key(step.play or "")
        for part in range(heard, heard + parts):
            prompts.append(Play(url=f"{self._known.public_url}/audio/{key}-{part % MUSIC_PARTS}.wav"))
        self._mark = self._mark.at(name, heard + parts)
        keys = (step.leave_key, step.call_back_key)
        held = Gather(
            prompts=tuple(prompts), seconds=1, hash_key=HASH in keys, hold=self._flow.forward, mark=str(self._mark)
        )
        return self._walked(held)

    def _announced(self, step: Queue, turn: QueueTurn) -> list[Say]:
        """Place, waiting time and keys, if they are due."""
        if not turn.is_due(step.announce_seconds):
            return []
        words = [(PLACE, turn.position)]
        minutes = max(2, math.ceil((turn.expected or 0) / 60))
        if turn.expected is not None and minutes <= MAX_ANNOUNCED_MINUTES:
            words.append((WAIT, minutes))
        said = []
        for texts, number in words:
            text, language = spoken(texts, self._language)
            said.append(Say(text=text.format(number), language=language))
        return [*said, self._say(step.say)] if step.say else said

    def _leaves(self, step: Queue, why: Move, target: str) -> FlowResult:
        """The caller goes on at `target`."""
        self._moves.append(QueueMove(self._mark.step, why))
        self._note(f"{WHY[why]}: {target}")
        return self._from(target)

    def _by_turns(self, step: Queue) -> FlowResult:
        """Without the database nobody knows the places: each caller rings one agent after the other."""
        takers = step.takers(self._flow.agents)
        on_duty = [each for each in takers if each.on_duty(self._known.at, self._known.time_zone)]
        if not on_duty:
            return self._leaves(step, "no_agents", step.unanswered)
        self._mark = self._mark.at(self._mark.step, self._mark.attempt + 1)
        first = int(self._known.chance * len(on_duty))
        agent = on_duty[(first + self._mark.attempt) % len(on_duty)]
        return self._wait(self._rung(step, (agent.phone,), step.record and self._mark.heard == "h"))
