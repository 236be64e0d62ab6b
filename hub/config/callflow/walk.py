"""Walk: from one point of a call along its flow to the carrier's next instructions. Pure: same input, same output."""

from __future__ import annotations

from collections.abc import Sequence

from hub.config.callflow.assistant.conversation import disclosure
from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.config.callflow.branches import by_attribution, by_place, by_share, by_the_clock
from hub.config.callflow.context import TAKEN, CallContext, Choice, FlowResult, Notice, QueueMove, StepTaken
from hub.config.callflow.definition import (
    END,
    SOURCE,
    Asking,
    AttributionRoute,
    Dialing,
    Flow,
    GeoRoute,
    Greeting,
    HangUpStep,
    Messages,
    Queue,
    RoundRobin,
    Schedule,
    Split,
    Step,
    TagStep,
    TextBack,
    Voicemail,
    WithPin,
)
from hub.config.callflow.hear_messages import recorded, turn_at
from hub.config.callflow.queue_walk import QueueWalk
from hub.config.callflow.resume_token import ResumeToken, parse_mark
from hub.config.callflow.screening import (
    CHALLENGE,
    FAILED,
    MAX_QUESTIONS,
    MESSAGES,
    PASSED,
    PERSON_KEY,
    QUESTIONS,
    SECONDS,
    Screening,
    spoken,
    take_it,
)
from hub.config.callflow.step import MAX_GREETING_SECONDS
from hub.config.callflow.transcription_notice import notice_with
from hub.config.callflow.walk_state import AGREE, REFUSE
from hub.contracts.answers import (
    ACCEPT_KEY,
    AnswerPoint,
    AskToAccept,
    Converse,
    Dial,
    Gather,
    HangUp,
    Instruction,
    Say,
    TakeMessage,
)


def static(flow: Flow, point: AnswerPoint) -> tuple[Instruction, ...]:
    """The same call, only forwarded: the answer when anything is late or fails."""
    match point.moment:
        case "ringing" | "digits" | "conversed":
            return (Dial(numbers=(flow.forward,)),)
        case "whisper" if flow.asks_for_key:
            return (AskToAccept(prompts=(take_it(flow.language),)),)
        case "whisper" | "accept":
            return ()
    return (HangUp(),)


def walk(flow: Flow, version: int, point: AnswerPoint, context: CallContext) -> FlowResult:
    """What happens next to a call at `point`. `flow` is the version that the point's resume token names, else the
    number's own."""
    return _Walker(flow, context, parse_mark(point.mark) or ResumeToken(version, flow.start)).answer(point)


class _Walker(QueueWalk):
    def answer(self, point: AnswerPoint) -> FlowResult:
        step = self._flow.steps.get(self._mark.step)
        match point.moment:
            case "ringing":
                return (
                    self._screened(screening) if (screening := self._known.screening) else self._from(self._flow.start)
                )
            case "digits" if self._mark.heard == "c":
                return self._after_question(point.digits)
            case "whisper":
                return self._whisper(step, point.mark)
            case "accept":
                return self._accept(step, point.digits)
            case "dial_ended":
                return self._after_dial(step, point)
            case "digits" if isinstance(step, Queue) and self._mark.heard != "a":
                return self._queue(step, point.digits)
            case "digits" if isinstance(step, WithPin):
                return self._after_pin(step, point.digits)
            case "digits" if isinstance(step, Asking):
                return self._after_keys(step, point.digits)
            case "digits" if isinstance(step, Dialing | ConverseStep):
                return self._after_asking(step, point.digits)
            case "conversed" if isinstance(step, ConverseStep):
                return self._after_conversation(step, point.chosen)
            case "message_left" if isinstance(step, Voicemail | Messages):
                return self._after_message(step)
        return self._end() if point.moment == "message_left" else self._forward()

    # the way

    def _from(self, name: str) -> FlowResult:
        """Continue at the step `name` until the call waits for a person, or is over."""
        for _ in range(len(self._flow.steps) + 1):
            if name == END:
                return self._end()
            self._mark = self._mark.at(name)
            step = self._flow.steps.get(name)
            following = self._passed(step)
            if following is None:
                return self._stop_at(step)
            name = following
        return self._forward()

    def _passed(self, step: Step | None) -> str | None:
        """The name of the step that follows one at which no call waits or ends; None for any other step."""
        match step:
            case Greeting():
                self._said.append(self._spoken(step))
                self._note("was said")
                return step.then
            case TagStep():
                self._tags.update(step.tags)
                self._note(f"tagged {', '.join(step.tags)}", tags=step.tags)
                return step.then
            case TextBack():
                self._note("a text to the caller", text_back=step.text)
                return step.then
            case Schedule():
                name, why = by_the_clock(step, self._known)
            case GeoRoute():
                name, why = by_place(step, self._known)
            case AttributionRoute():
                name, why = by_attribution(step, self._known, self._tags)
            case Split():
                name, why = by_share(step, self._mark.step, self._known)
            case _:
                return None
        self._note(f"{why}: {name}")
        return name

    def _stop_at(self, step: Step | None) -> FlowResult:
        """What the caller hears at a step at which the call waits for a person, or ends."""
        match step:
            case HangUpStep():
                if step.say:
                    self._said.append(self._say(step.say))
                self._note("ends the call")
                return self._end()
            case Asking():
                return self._menu(step)
            case Voicemail():
                return self._voicemail(step)
            case Dialing():
                return self._dial(step)
            case ConverseStep():
                return self._converse(step)
        return self._forward()

    # an assistant

    def _converse(self, step: ConverseStep) -> FlowResult:
        """The sentence that it is an assistant comes first, even before the notice."""
        permitted = self._flow.recording is not None and self._known.recording.allowed and self._mark.heard != "r"
        if not permitted or not self._known.converses:
            return self._no_talk(step)
        self._said.append(disclosure(self._language))
        return self._dial(step)

    def _after_conversation(self, step: ConverseStep, chosen: str) -> FlowResult:
        """The conversation is over; a way that the step does not list is none."""
        to = step.may.get(chosen)
        self._note(f"{chosen}: {to}" if to else f"otherwise: {step.otherwise}")
        return self._from(to or step.otherwise)

    def _no_talk(self, step: ConverseStep) -> FlowResult:
        why = "it may not be kept" if self._known.converses else "the carrier cannot"
        self._note(f"no assistant, because {why}: {step.otherwise}")
        return self._from(step.otherwise)

    # phones

    def _dial(self, step: Dialing | ConverseStep, attempt: int = 0) -> FlowResult:
        self._mark = self._mark.at(self._mark.step, attempt)
        recorded = False
        if step.record and self._flow.recording is not None and self._known.recording.allowed:
            if self._mark.heard == "n":
                asking = self._announce()
                if asking is not None:
                    return asking
            recorded = self._mark.heard == "h"
        return self._ring(step, recorded)

    def _ring(self, step: Dialing | ConverseStep, recorded: bool) -> FlowResult:
        if isinstance(step, ConverseStep):
            if not recorded:
                return self._no_talk(step)
            self._said.append(self._say(step.opening))
            self._note("an assistant answers")
            return self._wait(Converse(language=self._language, mark=self._next_mark()))
        if isinstance(step, Queue):
            return self._queue(step)
        return self._wait(self._rung(step, self._numbers(step, self._mark.attempt), recorded))

    def _announce(self) -> FlowResult | None:
        """Play the recording notice. Returns a walk if the caller has a choice, because the call waits for it."""
        texts, permission = self._flow.recording, self._known.recording
        assert texts is not None
        if not permission.asks_caller:
            self._mark = self._mark.having("h")
            prompts = self._notice_with("")
            self._said.extend(prompts)
            self._tell(prompts, "announced")
            return None
        asks = "ask_yes" in permission.duties
        prompts = self._notice_with(texts.agree if asks else texts.refuse)
        self._mark = self._mark.having("a")
        self._tell(prompts, "asked" if asks else "offered")
        self._note("asks whether the call may be recorded" if asks else "offers a line that is not recorded")
        gather = Gather(prompts=prompts, seconds=texts.seconds, mark=self._next_mark())
        return self._wait(gather)

    def _notice_with(self, choice: str) -> tuple[Say, ...]:
        assert self._flow.recording is not None
        return notice_with(self._flow.recording, self._flow.language, self._known.recording.duties, choice)

    def _tell(self, prompts: Sequence[Say], choice: Choice) -> None:
        permission = self._known.recording
        self._notice = Notice(
            step=self._mark.step,
            text=" ".join(prompt.text for prompt in prompts),
            duties=permission.duties,
            choice=choice,
            decision_id=permission.decision_id,
        )

    def _after_asking(self, step: Dialing | ConverseStep, digits: str) -> FlowResult:
        """The caller has chosen, with a key or without one. The notice is logged again, with the choice."""
        texts, permission = self._flow.recording, self._known.recording
        if self._mark.heard != "a" or texts is None:
            return self._dial(step)
        asks = "ask_yes" in permission.duties
        agrees = digits == AGREE if asks else digits != REFUSE
        agrees = agrees and permission.allowed
        choice: Choice = "refused" if not agrees else "agreed" if asks else "not_refused"
        self._mark = self._mark.having("h" if agrees else "r")
        self._tell(self._notice_with(texts.agree if asks else texts.refuse), choice)
        self._note(
            {"refused": "not to be recorded", "agreed": "agreed to the recording"}.get(choice, "may be recorded")
        )
        return self._ring(step, agrees)

    def _numbers(self, step: Dialing, attempt: int) -> tuple[str, ...]:
        if not isinstance(step, RoundRobin):
            return step.rung(attempt)
        return (step.order(self._known.chance, self._known.last_answered_by)[attempt % len(step.numbers)],)

    def _after_dial(self, step: Step | None, point: AnswerPoint) -> FlowResult:
        by_key = isinstance(step, Dialing) and step.accept == "key" and not point.connected
        let_go = point.answered and by_key and self._known.accepted is False
        if (point.answered and not let_go) or self._mark.over:
            if isinstance(step, Queue):
                self._moves.append(QueueMove(self._mark.step, "answered"))
            return self._end()
        if not isinstance(step, Dialing) or not parse_mark(point.mark):
            return self._after_forward()
        why = "no_answer" if let_go else point.why
        self._note("nobody took the call" if let_go else "was busy" if why == "busy" else "nobody picked up")
        if isinstance(step, Queue):
            return self._queue(step)
        if self._mark.attempt + 1 < step.attempts:
            return self._dial(step, self._mark.attempt + 1)
        return self._from((why and getattr(step, why)) or step.unanswered)

    def _after_forward(self) -> FlowResult:
        """Nobody answered a call that was only forwarded: the first voicemail of the flow takes a message."""
        voicemails = [name for name, step in self._flow.steps.items() if isinstance(step, Voicemail)]
        return self._from(voicemails[0] if voicemails else END)

    def _whisper(self, step: Step | None, mark: str) -> FlowResult:
        text = step.whisper if isinstance(step, Dialing) else None
        whispered = (self._say(text.replace(SOURCE, self._known.source_name)),) if text else ()
        if not isinstance(step, Dialing) or step.accept == "none":
            return FlowResult(instructions=whispered)
        prompts = whispered if text and ACCEPT_KEY in text else (*whispered, take_it(self._flow.language))
        return FlowResult(instructions=(AskToAccept(prompts=prompts, mark=mark),))

    def _accept(self, step: Step | None, digits: str) -> FlowResult:
        """A person pressed a key when asked to take the call."""
        takes = digits[:1] == ACCEPT_KEY
        if isinstance(step, Dialing):
            self._note(TAKEN if takes else "a phone did not take the call")
        return FlowResult(instructions=() if takes else (HangUp(),), taken=self._taken)

    def _voicemail(self, step: Voicemail) -> FlowResult:
        self._said.append(self._spoken(step))
        self._note("takes a message")
        return self._wait(TakeMessage(longest=step.longest, mark=self._next_mark()))

    def _after_message(self, step: Voicemail | Messages) -> FlowResult:
        """A message was left, or the greeting of a voicemail was recorded."""
        if isinstance(step, Messages):
            self._said.append(recorded(self._language))
            return self._end()
        self._note("a message was left")
        return self._from(step.then)

    # suspect calls

    def _screened(self, screening: Screening) -> FlowResult:
        """What happens to a suspect call instead of its flow. Nothing of it is recorded but a message that is left."""
        self._taken.append(StepTaken(step="spam", do="screen", result=screening.why))
        match screening.action:
            case "reject":
                return self._walked(HangUp(reject=True))
            case "challenge":
                return self._question()
        voicemails = [name for name, step in self._flow.steps.items() if isinstance(step, Voicemail)]
        if voicemails:
            return self._from(voicemails[0])
        text, language = spoken(MESSAGES, self._flow.language)
        self._said.append(Say(text=text, language=language))
        self._mark = self._mark.at(END)
        return self._wait(TakeMessage(mark=self._next_mark()))

    def _question(self, attempt: int = 0) -> FlowResult:
        text, language = spoken(QUESTIONS, self._flow.language)
        self._mark = self._mark.at(self._flow.start).having("c")
        prompts = (Say(text=text, language=language),)
        return self._wait(Gather(prompts=prompts, seconds=SECONDS, mark=self._next_mark(attempt)))

    def _after_question(self, digits: str) -> FlowResult:
        passed = digits[:1] == PERSON_KEY
        if not passed and self._mark.attempt + 1 < MAX_QUESTIONS:
            return self._question(self._mark.attempt + 1)
        self._taken.append(StepTaken(step="spam", do=CHALLENGE, result=PASSED if passed else FAILED))
        if not passed:
            return self._end()
        self._mark = self._mark.at(self._flow.start).having("n")
        return self._from(self._flow.start)

    # choices

    def _menu(self, step: Asking, attempt: int = 0) -> FlowResult:
        self._note("asks for a key" if attempt == 0 else "asks again")
        gather = Gather(
            prompts=(self._spoken(step),),
            seconds=step.seconds,
            most_digits=step.most_digits,
            hash_key=step.hash_key,
            mark=self._next_mark(attempt),
        )
        return self._wait(gather)

    def _after_pin(self, step: WithPin, digits: str) -> FlowResult:
        """After a PIN, or after a key that followed it."""
        box = self._flow.steps.get(step.box) if isinstance(step, Messages) else None
        greets = isinstance(box, Voicemail) and box.greeting is not None
        turn = turn_at(step, digits, self._mark, self._known.opening, self._language, greets=greets)
        if turn.note:
            self._note(turn.note)
        if turn.records and isinstance(box, Voicemail):
            self._said += [self._spoken(box), *turn.prompts]
            return self._wait(TakeMessage(longest=MAX_GREETING_SECONDS, mark=self._next_mark(turn.at)))
        if turn.asks_again:
            return self._menu(step, self._mark.attempt + 1)
        if turn.prompts:
            self._mark = self._mark.having("o")
            return self._wait(Gather(prompts=turn.prompts, seconds=step.seconds, mark=self._next_mark(turn.at)))
        if turn.move:
            self._moves.append(QueueMove(self._mark.step, turn.move, self._flow.agents[turn.at].phone))
        self._said += [turn.last_word] if turn.last_word else []
        return self._end() if turn.last_word else self._from(step.otherwise)

    def _after_keys(self, step: Asking, digits: str) -> FlowResult:
        pressed, chosen = step.chosen(digits)
        if chosen is None and self._mark.attempt < step.repeat:
            self._note(f"{pressed}: asked again")
            return self._menu(step, self._mark.attempt + 1)
        to = chosen or step.otherwise
        self._note(f"{pressed}: {to}")
        return self._from(to)
