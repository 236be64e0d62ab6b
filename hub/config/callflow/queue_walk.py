"""What a walk along a flow has gathered so far, what it makes of every kind of step, and what callers in a queue hear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hub.config.callflow.context import (
    WITH_KEY,
    CallContext,
    FlowResult,
    Move,
    Notice,
    QueueMove,
    QueueTurn,
    StepTaken,
    audio_key,
)
from hub.config.callflow.definition import END, HASH, Dialing, Flow, Queue, Spoken
from hub.config.callflow.resume_token import MAX_WAITS, ResumeToken
from hub.config.callflow.screening import spoken
from hub.contracts.answers import ACCEPT_KEY, Dial, Gather, HangUp, Instruction, Play, Say

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
REFUSE, AGREE = "9", "1"
"""The keys for no, also later in the call, and for yes to a recording."""


class WalkState:
    """One walk: where the call is, what its caller hears, and what is written of it."""

    def __init__(self, flow: Flow, context: CallContext, mark: ResumeToken) -> None:
        self._flow, self._known, self._mark = flow, context, mark
        self._said: list[Instruction] = []
        self._taken: list[StepTaken] = []
        self._moves: list[QueueMove] = []
        self._tags = set(context.tags)
        self._notice: Notice | None = None

    def _from(self, name: str) -> FlowResult:
        """Continue at the step `name`."""
        raise NotImplementedError

    def _end(self) -> FlowResult:
        return self._walked(HangUp())

    def _forward(self) -> FlowResult:
        """No other step is possible: the call's forward rings, and then the call is over."""
        self._mark = self._mark.at(END)
        self._taken.append(StepTaken(step=END, do="forward", result=f"rings {self._flow.forward}"))
        return self._walked(Dial(numbers=(self._flow.forward,), mark=str(self._mark)))

    def _wait(self, *instructions: Instruction) -> FlowResult:
        """Wait for a person, unless that happened too often already."""
        if self._mark.waits > MAX_WAITS:
            self._said, self._notice = [], None
            return self._forward()
        return self._walked(*instructions)

    def _walked(self, *instructions: Instruction, asks_turn: str | None = None) -> FlowResult:
        return FlowResult(
            instructions=(*self._said, *instructions),
            taken=self._taken,
            notice=self._notice,
            asks_turn=asks_turn,
            moves=self._moves,
        )

    def _next_mark(self, attempt: int | None = None) -> str:
        """The resume token of the instruction that waits now."""
        self._mark = self._mark.once_more(self._mark.attempt if attempt is None else attempt)
        return str(self._mark)

    def _note(self, result: str, tags: tuple[str, ...] = (), text_back: str | None = None) -> None:
        step = self._flow.steps[self._mark.step]
        self._taken.append(
            StepTaken(step=self._mark.step, do=getattr(step, "do", ""), result=result, tags=tags, text_back=text_back)
        )

    def _say(self, text: str, about_recording: bool = False) -> Say:
        return Say(text=text, language=self._language, about_recording=about_recording)

    @property
    def _language(self) -> str | None:
        """That of the step, else that of the flow."""
        return getattr(self._flow.steps.get(self._mark.step), "language", None) or self._flow.language

    def _spoken(self, step: Spoken) -> Say | Play:
        if step.play is None:
            return self._say(step.say or "")
        suffix = step.play.rpartition(".")[2].lower()
        return Play(url=f"{self._known.public_url}/audio/{audio_key(step.play)}.{suffix}")

    def _rung(self, step: Dialing, numbers: Sequence[str], recorded: bool, mark: str = "") -> Dial:
        """The dial that rings these phones; the call waits for it next, at `mark` if it is given."""
        with_key = WITH_KEY if step.accept == "key" else ""
        self._note(f"rings {', '.join(numbers)}{with_key}{', recorded' if recorded else ''}")
        return Dial(
            numbers=tuple(numbers),
            ring_seconds=step.seconds(self._mark.attempt),
            record=recorded,
            whisper=step.whisper is not None or step.accept == "key",
            end_key=REFUSE if recorded and self._flow.recording and self._flow.recording.end else "",
            accept_key=ACCEPT_KEY if step.accept == "key" else "",
            time_limit=step.time_limit,
            mark=mark or self._next_mark(),
        )


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
