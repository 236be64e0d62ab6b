"""One conversation of an assistant with a caller: what is asked of the plugin, and what of its answer is carried out.

Pure: a carrier or a simulation carries the words, gives the times and asks the plugin. Everything that is not surely
allowed ends at the step's `otherwise`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.config.callflow.screening import spoken
from hub.contracts.agents import MAX_SAID_CHARACTERS, OTHERWISE, AgentReply, Talk
from hub.contracts.answers import Say
from hub.contracts.transcripts import TranscriptPart

DISCLOSURE: Mapping[str, str] = {
    "de": "Sie sprechen mit einem automatischen Assistenten mit künstlicher Stimme, nicht mit einem Menschen.",
    "en": "You are talking with an automated assistant that has an artificial voice, not with a person.",
    "es": "Usted habla con un asistente automático con voz artificial, no con una persona.",
    "fr": "Vous parlez à un assistant automatique à la voix artificielle, et non à une personne.",
    "it": "State parlando con un assistente automatico con voce artificiale, non con una persona.",
    "nl": "U spreekt met een automatische assistent met een kunstmatige stem, niet met een mens.",
    "pt": "Você está falando com um assistente automático de voz artificial, não com uma pessoa.",
}
"""Said first of all, everywhere, so that it is right where a law asks for it: that it is not a person (Utah SB 149 and 226),
and that the voice is artificial (California AB 2905). In any other language it is English."""
MAX_HEARD_CHARACTERS = 2_000
PERSON: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(real|actual|live|human) (person|being|human)\b"
        r"|\b(speak|talk) (to|with) (a|an|some|the|any)"
        r"(one|body| person| human| agent| operator| representative| manager| owner)\b"
        r"|^(an? )?(human|operator|representative|agent)\W*$",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(hablar|comunicarme|comuníqueme) con (una persona|un humano|un agente|una operadora|alguien|el dueño|la dueña)\b"
        r"|\bpersona (real|de verdad)\b"
        r"|^(un |una )?(operadora?|agente|humano)\W*$",
        re.IGNORECASE,
    ),
}
"""By language: how callers ask for a person, whatever the plugin makes of it. English counts in every language."""
WHY: Mapping[str, str] = {
    "person": "the caller asked for a person",
    "turns": "the most turns were reached",
    "seconds": "the most seconds were reached",
    "cost": "the highest cost was reached",
    "silence": "the caller was silent",
    "failed": "the assistant failed or was late",
    "nothing": "the assistant had nothing to say",
    "long": "the assistant said too much",
    "not_listed": "the assistant chose a way that the flow does not list",
}


def disclosure(language: str | None) -> Say:
    """The sentence with which every conversation begins."""
    text, tag = spoken(DISCLOSURE, language)
    return Say(text=text, language=tag)


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens after a turn: words to speak, and the way on, if the conversation is over."""

    say: str = ""
    to: str = ""
    """One of the step's ways, or `otherwise`; blank if the caller is heard again."""
    why: str = ""


class Conversation:
    """Holds the lines so far and applies the limits of the step. Times are seconds since the conversation began."""

    def __init__(self, step: ConverseStep, company: str, language: str) -> None:
        self._step, self._company, self._language = step, company, language
        self._lines = [TranscriptPart(start=0, end=0, text=step.opening, channel="business", decided="said what it is")]
        self._turns, self._cost = 0, Decimal(0)

    @property
    def lines(self) -> tuple[TranscriptPart, ...]:
        """Everything that was said, with what was decided."""
        return tuple(self._lines)

    def hear(self, words: str, at: float, local_time: datetime) -> Talk | Decision:
        """The caller has spoken: what the plugin is asked, or what is decided without it."""
        text = " ".join("".join(each if each.isprintable() else " " for each in words).split())[:MAX_HEARD_CHARACTERS]
        self._lines.append(TranscriptPart(start=at, end=at, text=text, channel="caller"))
        self._turns += 1
        if at >= self._step.most_seconds:
            return self.end("seconds", at)
        if any(PERSON[each].search(text) for each in {"en", self._language[:2]} & PERSON.keys()):
            return self.end("person", at)
        return Talk(
            lines=self.lines,
            may=tuple(self._step.may),
            company=self._company,
            language=self._language,
            local_time=local_time,
            turns_left=max(0, self._step.most_turns - self._turns),
        )

    def decide(self, reply: AgentReply | None, at: float) -> Decision:
        """What is done of a plugin's answer; None stands for an error, or for none in time."""
        if not isinstance(reply, AgentReply) or not isinstance(reply.say, str) or not isinstance(reply.choose, str):
            return self.end("failed", at)
        say = " ".join("".join(each if each.isprintable() else " " for each in reply.say).split())
        self._cost += reply.cost if isinstance(reply.cost, Decimal) and reply.cost > 0 else 0
        if self._step.most_cost is not None and self._cost > self._step.most_cost:
            return self.end("cost", at)
        if len(say) > MAX_SAID_CHARACTERS:
            return self.end("long", at)
        if reply.choose and reply.choose not in (*self._step.may, OTHERWISE):
            return self.end("not_listed", at)
        if not reply.choose and not say:
            return self.end("nothing", at)
        if not reply.choose and self._turns >= self._step.most_turns:
            return self.end("turns", at)
        if not reply.choose and at >= self._step.most_seconds:
            return self.end("seconds", at)
        return self._note(Decision(say, reply.choose, str(reply.why)[:200]), at)

    def end(self, why: str, at: float) -> Decision:
        """Hand the call over, for one of the reasons of `WHY`."""
        return self._note(Decision("", OTHERWISE, WHY[why]), at)

    def interrupted(self, spoken: str) -> None:
        """The caller spoke while the assistant did: of its last words only these were heard."""
        last = self._lines[-1]
        if last.channel == "business" and (last.text or "").startswith(spoken):
            self._lines[-1] = replace(last, text=f"{spoken}…")

    def _note(self, decision: Decision, at: float) -> Decision:
        decided = " → ".join(filter(None, (decision.why, decision.to)))
        self._lines.append(TranscriptPart(start=at, end=at, text=decision.say, channel="business", decided=decided))
        return decision
