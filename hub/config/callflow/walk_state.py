"""What a walk along a flow has gathered so far, and what it makes of every kind of step."""

from __future__ import annotations

from collections.abc import Sequence

from hub.config.callflow.context import (
    WITH_KEY,
    CallContext,
    FlowResult,
    Notice,
    QueueMove,
    StepTaken,
    audio_key,
)
from hub.config.callflow.definition import END, Dialing, Flow, Spoken
from hub.config.callflow.resume_token import MAX_WAITS, ResumeToken
from hub.contracts.answers import ACCEPT_KEY, Dial, HangUp, Instruction, Play, Say

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
