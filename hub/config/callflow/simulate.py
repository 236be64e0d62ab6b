"""Simulates a call without a phone: a caller who presses given keys, and a business that answers or does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hub.config.callflow.assistant.conversation import Conversation, Decision
from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.config.callflow.context import CallContext, FlowResult, Permission, QueueTurn, tags_of
from hub.config.callflow.definition import Flow, Queue
from hub.config.callflow.resume_token import MAX_WAITS, parse_mark
from hub.config.callflow.walk import walk
from hub.contracts.agents import AgentReply, Talk
from hub.contracts.answers import AnswerPoint, Converse, Dial, Gather, Moment, TakeMessage
from hub.contracts.transcripts import TranscriptPart

Ask = Callable[[str, Talk], AgentReply | None]
"""What a connector, by its name, answers a caller."""
TURN_SECONDS = 6.0
"""How long a turn of a simulated conversation takes."""
Permit = Callable[[CallContext], Permission]
MAX_TURNS = 2 * MAX_WAITS + 10


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of the carrier, and its answer."""

    point: AnswerPoint
    walk: FlowResult
    said: tuple[TranscriptPart, ...] = ()
    """What assistant and caller said before the carrier asked, if they did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Behavior:
    """What the caller and the business do. Each menu uses one key; `""` lets its time run out, and so does the end of
    the keys."""

    keys: Sequence[str] = ()
    answers: bool = True
    """Whether somebody answers."""
    says: Sequence[str] = ()
    """What the caller says to an assistant; then, and at `""`, the caller is silent."""


def rehearse(
    flow: Flow,
    version: int,
    number: str,
    known: CallContext,
    behavior: Behavior,
    permit: Permit,
    ask: Ask = lambda agent, talk: None,
    company: str = "",
) -> list[Turn]:
    """Every request of a call on the tracking number `number`, to its end. `ask` answers for assistants."""
    keys, says = list(behavior.keys), list(behavior.says)
    said: tuple[TranscriptPart, ...] = ()
    turns: list[Turn] = []
    point = AnswerPoint(moment="ringing", tracking_number=number, call_id=known.call_id)
    while len(turns) < MAX_TURNS:
        walked = _walked(flow, version, point, replace(known, recording=permit(known), queues={}), behavior.answers)
        turns.append(Turn(point, walked, said))
        said = ()
        known = replace(known, tags=known.tags | tags_of(walked.taken))
        last = walked.instructions[-1] if walked.instructions else None
        match last:
            case Gather():
                point = _next(point, "digits", last.mark, digits=keys.pop(0)[: last.most_digits] if keys else "")
            case Converse():
                step = flow.steps[walked.taken[-1].step]
                assert isinstance(step, ConverseStep)
                talk = Conversation(step, company, step.language_in(flow.language))
                point = replace(_next(point, "conversed", last.mark), chosen=_talked(talk, step, says, known, ask).to)
                said = talk.lines
            case Dial():
                if last.whisper and behavior.answers:
                    heard = _next(point, "whisper", last.mark)
                    turns.append(Turn(heard, walk(flow, version, heard, known)))
                point = _next(point, "dial_ended", last.mark, answered=behavior.answers)
            case TakeMessage():
                point = _next(point, "message_left", last.mark)
            case _:
                break
    return turns


def _talked(talk: Conversation, step: ConverseStep, says: list[str], known: CallContext, ask: Ask) -> Decision:
    """The end of a conversation, whose caller says one after the other of `says`."""
    at = 0.0
    while True:
        at += TURN_SECONDS
        words = says.pop(0) if says else ""
        if not words:
            return talk.end("silence", at)
        heard = talk.hear(words, at, known.at)
        done = heard if isinstance(heard, Decision) else talk.decide(ask(step.agent, heard), at)
        if done.to:
            return done


def _walked(flow: Flow, version: int, point: AnswerPoint, known: CallContext, answers: bool) -> FlowResult:
    """A walk whose caller is the second in each queue, hears that, and is the next one then; or waits in vain."""
    walked = walk(flow, version, point, known)
    while (name := walked.asks_turn) is not None:
        step = flow.steps[name]
        assert isinstance(step, Queue)
        takers, mark = step.takers(flow.agents), parse_mark(point.mark)
        if mark is None or mark.step != name or mark.heard == "a":
            turn = QueueTurn(position=2, agents=len(takers), expected=180)
        elif answers and takers:
            turn = QueueTurn(waited=30, waited_before=0, agents=len(takers), agent=takers[0].phone)
        else:
            turn = QueueTurn(waited=step.longest_wait, waited_before=0, agents=len(takers))
        known = replace(known, queues={**(known.queues or {}), name: turn})
        walked = walk(flow, version, point, known)
    return walked


def _next(point: AnswerPoint, moment: Moment, mark: str, digits: str = "", answered: bool = False) -> AnswerPoint:
    return replace(point, moment=moment, mark=mark, digits=digits, answered=answered)
